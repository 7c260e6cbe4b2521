import type { HeldBack, Rotation, Spec } from "../loading/model.ts";
import type { PlanRotation } from "../plan-report.ts";
import type { RotationReport, RotationStatus, StandingReport } from "../report.ts";
import { heldBackError } from "../rotation/visit-report.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { standingOfOrphan } from "../rotation/standing.ts";
import type { RotationState } from "../store/state.ts";
import { isOf, orphansOf, orphanStates } from "./orphans.ts";
import { timeOf } from "./quick-look.ts";
import { orphanStatus } from "./status.ts";

interface Parts {
  readonly spec: Pick<Spec, "rotations" | "heldBack">;
  readonly written?: Pick<Spec, "rotations">;
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
export async function heldBackIn({ spec, deps }: Parts): Promise<readonly HeldBack[]> {
  const families = Map.groupBy(spec.rotations, ({ family }) => family);
  families.delete(undefined);
  if (families.size === 0) return spec.heldBack;
  const living = (await orphanStates(spec, deps)).filter((state) => isLiving(state, deps)).map(({ name }) => name);
  const shrunken = [...families].map(([family = "", present]) =>
    shrunkenList({ family, present, lost: living.filter((name) => isOf(family, name)) }),
  );
  return [...spec.heldBack, ...shrunken.flatMap((by) => by ?? [])];
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
    hint: `put them back, or say that they are gone for good: rotate forget ${lost.slice(0, 3).join(" ")}${lost.length > 3 ? " …" : ""}`,
  };
}

function isLiving(state: RotationState, deps: RotationDeps): boolean {
  const now = timeOf(deps, state);
  return (standingOfOrphan(state, now)?.until ?? 0) > now;
}

/** A rotation that somebody may ask for: of the spec, or absent from it because the list that names it cannot be used. */
export type Known = { readonly name: string; readonly rotation: Rotation } | Absent;

/** A rotation that the spec cannot name now, with the list that is to blame; or, when the state knows none of the family, the family itself. */
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

/** What nobody rotates: absent because of a list, or not in the spec any more. */
export async function othersOf(parts: Parts): Promise<readonly RotationStatus[]> {
  const { deps } = parts;
  const absent = (await knownRotations(parts)).flatMap((one) => (one.rotation ? [] : [one]));
  return [...(await Promise.all(absent.map((one) => absentStatus(one, deps)))), ...(await orphansOf(parts))];
}

/** What `run` says of one that is absent. */
export async function absentReport(absent: Absent, deps: RotationDeps): Promise<RotationReport> {
  const { name, by } = absent;
  const status = await absentStatus(absent, deps);
  const standing = absentStanding(status);
  const outcome = standing.exit === 3 ? "expired" : "failed";
  return {
    name,
    provider: status.provider,
    outcome,
    reason: by.message,
    standing,
    phases: [],
    sinks: [],
    lastError: heldBackError(by),
  };
}

/** What `plan` says of it. */
export async function absentPlan(absent: Absent, deps: RotationDeps): Promise<PlanRotation> {
  const { name, by } = absent;
  const status = await absentStatus(absent, deps);
  return {
    name,
    provider: status.provider,
    due: false,
    reason: by.message,
    standing: absentStanding(status),
    sinks: [],
    reloads: [],
    verify: [],
    health: [],
    dropped: [],
    revocation: "nothing is changed",
    checks: [{ what: `list of ${by.family}`, result: "failed", error: heldBackError(by) }],
    warnings: [],
  };
}

function absentStanding({ state, code, reason, alarm, exit, expiresAt }: RotationStatus): StandingReport {
  return { state, code, exit, ...(reason && { reason }), ...(alarm && { alarm }), ...(expiresAt && { expiresAt }) };
}

/** What `status` says of it: it was not taken out of the spec, and nobody rotates it. */
export async function absentStatus({ name, by }: Absent, { store, clock }: RotationDeps): Promise<RotationStatus> {
  const orphan = orphanStatus(await store.load(name), clock) ?? {
    exit: 1 as const,
    name,
    provider: "",
    leases: [],
    warnings: [],
  };
  const stands =
    orphan.exit === 3
      ? ({ state: "expired", code: "ended", alarm: "expired" } as const)
      : ({ state: "failing", code: "list", alarm: "failed" } as const);
  return { ...orphan, ...stands, reason: by.message };
}
