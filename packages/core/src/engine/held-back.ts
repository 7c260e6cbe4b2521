import type { HeldBack, Rotation, Spec } from "../loading/model.ts";
import type { RotationReport, RotationStatus } from "../report.ts";
import { heldBackError } from "../rotation/visit-report.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { standingOfOrphan } from "../rotation/standing.ts";
import type { RotationState } from "../store/state.ts";
import { timeOf } from "./quick-look.ts";
import { orphanStatus } from "./status.ts";

interface Parts {
  readonly spec: Pick<Spec, "rotations" | "heldBack">;
  readonly deps: RotationDeps;
}

/** The engine's deps with what is left alone at the moment: whatever looks at a rotation sees it. */
export async function withHeldBack(parts: Parts): Promise<RotationDeps> {
  const held = new Map((await heldBackIn(parts)).map((by) => [by.family, by]));
  return held.size === 0 ? parts.deps : { ...parts.deps, heldBack: ({ family }) => held.get(family ?? "") };
}

/**
 * The families that are left alone: their list cannot be used, or it lost more than a fifth of its entries (at least 2) while the credentials of those live,
 * which is more likely a mishap than an edit. `rotate forget` says that an entry is gone for good.
 */
export async function heldBackIn({ spec: { rotations, heldBack }, deps }: Parts): Promise<readonly HeldBack[]> {
  const families = Map.groupBy(rotations, ({ family }) => family);
  families.delete(undefined);
  if (families.size === 0) return heldBack;
  const names = new Set(rotations.map(({ name }) => name));
  const unknown = (await deps.store.names()).filter((name) => !names.has(name));
  const shrunken = await Promise.all(
    [...families].map(async ([family = "", present]) => {
      const gone = unknown.filter((name) => isOf(family, name));
      return shrunkenList({ family, present, lost: await livingOf(gone, deps) });
    }),
  );
  return [...heldBack, ...shrunken.flatMap((by) => by ?? [])];
}

function shrunkenList({
  family,
  present,
  lost,
}: {
  readonly family: string;
  readonly present: readonly Rotation[];
  readonly lost: readonly string[];
}): HeldBack | undefined {
  const before = lost.length + present.length;
  if (lost.length < 2 || lost.length * 5 <= before) return undefined;
  return {
    family,
    code: "ROTATE_SPEC_SHRUNKEN",
    message: `the list of ${family} lost ${lost.length} of ${before} entries whose credentials still live`,
    hint: `put them back, or take each away for good: rotate forget ${lost[0]}`,
  };
}

async function livingOf(names: readonly string[], deps: RotationDeps): Promise<readonly string[]> {
  const states = await Promise.all(names.map((name) => deps.store.load(name)));
  return states.filter((state) => isLiving(state, deps)).map(({ name }) => name);
}

function isLiving(state: RotationState, deps: RotationDeps): boolean {
  const now = timeOf(deps, state);
  return (standingOfOrphan(state, now)?.until ?? 0) > now;
}

function isOf(family: string, name: string): boolean {
  return name.startsWith(`${family}.`);
}

/** A rotation that somebody may ask for: of the spec, or absent from it because the list that names it cannot be used. */
export type Known = { readonly name: string; readonly rotation: Rotation } | Absent;

export interface Absent {
  readonly name: string;
  readonly rotation?: undefined;
  readonly by: HeldBack;
}

/** All of them. A family of which nothing is known stands for its rotations. */
export async function knownRotations({ spec, deps }: Parts): Promise<readonly Known[]> {
  const present = spec.rotations.map((rotation): Known => ({ name: rotation.name, rotation }));
  if (spec.heldBack.length === 0) return present;
  const known = await deps.store.names();
  const absent = spec.heldBack.flatMap((by) => {
    const names = known.filter((name) => isOf(by.family, name));
    return (names.length > 0 ? names : [by.family]).map((name): Absent => ({ name, by }));
  });
  return [...present, ...absent];
}

/** What `run` says of one that is absent. */
export async function absentReport(absent: Absent, deps: RotationDeps): Promise<RotationReport> {
  const { name, by } = absent;
  const status = absentStatus(absent, await deps.store.load(name), deps);
  const { state, code, reason, alarm, exit, expiresAt } = status;
  return {
    name,
    outcome: exit === 3 ? "expired" : "failed",
    reason: by.message,
    standing: {
      state,
      code,
      exit,
      ...(reason && { reason }),
      ...(alarm && { alarm }),
      ...(expiresAt && { expiresAt }),
    },
    phases: [],
    sinks: [],
    lastError: heldBackError(by),
  };
}

/** What `status` says of it: it was not taken out of the spec, and nobody rotates it. */
export function absentStatus({ name, by }: Absent, state: RotationState, { clock }: RotationDeps): RotationStatus {
  const orphan = orphanStatus(state, clock) ?? { exit: 1 as const, name, provider: "", leases: [], warnings: [] };
  return { ...orphan, state: "failing", code: "list", reason: by.message, alarm: "failed" };
}
