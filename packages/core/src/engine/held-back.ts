import type { HeldBack, Rotation, Spec } from "../loading/model.ts";
import type { RotationReport, RotationStatus } from "../report.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { timeOf } from "./quick-look.ts";
import { orphanStatus } from "./status.ts";

/**
 * The families that are left alone: their list cannot be used, or it lost more than a fifth of its entries (at least 2) while the credentials of those live,
 * which is more likely a mishap than an edit. `rotate forget` says that an entry is gone for good.
 */
export async function heldBackIn(
  { rotations, heldBack }: Pick<Spec, "rotations" | "heldBack">,
  deps: Pick<RotationDeps, "store" | "clock">,
): Promise<readonly HeldBack[]> {
  const families = Map.groupBy(rotations, ({ family }) => family);
  families.delete(undefined);
  if (families.size === 0) return heldBack;
  const names = new Set(rotations.map(({ name }) => name));
  const unknown = (await deps.store.names()).filter((name) => !names.has(name));
  const shrunken = await Promise.all(
    [...families].map(async ([family = "", present]) => {
      const lost = await livingOf(
        unknown.filter((name) => isOf(family, name)),
        deps,
      );
      return lost.length < 2 || lost.length * 5 <= lost.length + present.length
        ? []
        : [shrunkenList(family, lost, present)];
    }),
  );
  return [...heldBack, ...shrunken.flat()];
}

function shrunkenList(family: string, lost: readonly string[], present: readonly Rotation[]): HeldBack {
  return {
    family,
    code: "ROTATE_SPEC_SHRUNKEN",
    message: `the list of ${family} lost ${lost.length} of ${lost.length + present.length} entries whose credentials still live`,
    hint: `put them back, or take each away for good: rotate forget ${lost[0]}`,
  };
}

async function livingOf(
  names: readonly string[],
  deps: Pick<RotationDeps, "store" | "clock">,
): Promise<readonly string[]> {
  const states = await Promise.all(names.map((name) => deps.store.load(name)));
  return states.filter((state) => orphanStatus(state, timeOf(deps, state)) !== undefined).map(({ name }) => name);
}

function isOf(family: string, name: string): boolean {
  return name.startsWith(`${family}.`);
}

/** A rotation that somebody may ask for: of the spec, or one that only the state knows, since the list that names it cannot be used. */
export interface Known {
  readonly name: string;
  readonly rotation?: Rotation;
  /** It is left alone. */
  readonly by?: HeldBack;
}

/** All of them. A family of which nothing is known stands for its rotations. */
export async function knownRotations(
  spec: Pick<Spec, "rotations" | "heldBack">,
  deps: Pick<RotationDeps, "store" | "clock">,
): Promise<readonly Known[]> {
  const held = await heldBackIn(spec, deps);
  const holders = new Map(held.map((by) => [by.family, by]));
  const present = spec.rotations.map((rotation): Known => {
    const by = holders.get(rotation.family ?? "");
    return { name: rotation.name, rotation, ...(by && { by }) };
  });
  if (spec.heldBack.length === 0) return present;
  const known = await deps.store.names();
  const absent = spec.heldBack.flatMap((by) => {
    const names = known.filter((name) => isOf(by.family, name));
    return (names.length > 0 ? names : [by.family]).map((name): Known => ({ name, by }));
  });
  return [...present, ...absent];
}

/** What `run` says of a rotation that it left alone. */
export function heldBackReport({ name, rotation }: Known, { code, message, hint }: HeldBack): RotationReport {
  const sinks = rotation?.sinks ?? [];
  return {
    name,
    outcome: "failed",
    reason: message,
    phases: [],
    sinks: sinks.map(({ type, target }) => ({ type, target, result: "not-run" })),
    lastError: { code, message, retryable: true, ...(hint !== undefined && { hint }) },
  };
}

/** What `status` says of one that only the state knows: it was not taken out of the spec, and nobody rotates it. */
export function heldBackStatus(
  name: string,
  orphan: RotationStatus | undefined,
  { message }: HeldBack,
): RotationStatus {
  const empty = { name, provider: "", leases: [], warnings: [] };
  return { ...(orphan ?? empty), state: "failing", reason: message };
}
