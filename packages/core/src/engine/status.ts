import type { LeaseReport, RotationStateName, RotationStatus } from "../report.ts";
import type { Rotation } from "../loading/model.ts";
import { allHold, heldLeases, liveLeases, pinnedLeases, type LeaseState, type RotationState } from "../store/state.ts";
import { deadlineFor, decide, type Decision, expiryFor, nextLook, scheduleProblem } from "../rotation/decide.ts";
import { credentialReport, instant, instantAt } from "../rotation/describe.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { retirementDue, timeOf } from "./quick-look.ts";

/** What `status` says of a rotation, from the state alone. */
export function statusOf(
  rotation: Rotation,
  state: RotationState,
  { deps, rotating }: { readonly deps: RotationDeps; readonly rotating: boolean },
): RotationStatus {
  const now = timeOf(deps, state);
  const { state: name, reason } = stateOf({ rotation, state, now, deps, rotating });
  const lease = state.leases[state.owed?.lease ?? state.settled ?? ""];
  const problem = scheduleProblem(rotation, state);
  return {
    name: rotation.name,
    provider: rotation.provider.name,
    state: name,
    ...(reason !== undefined && { reason }),
    ...(lease && lease.fingerprint !== "" && { credential: credentialReport(lease) }),
    ...instantAt("expiresAt", expiryFor(state)),
    ...instantAt("deadline", deadlineFor(rotation, state)),
    ...instantAt("nextAt", nextLook(rotation, state, deps.nextCron)),
    ...(state.lastSuccessAt !== undefined && { lastSuccess: instant(state.lastSuccessAt) }),
    ...lastError(state),
    ...owedKind(state),
    leases: leaseReports(rotation, state, now),
    warnings: problem === undefined ? [] : [problem],
  };
}

interface About {
  readonly rotation: Rotation;
  readonly state: RotationState;
  readonly now: number;
  readonly deps: RotationDeps;
  readonly rotating: boolean;
}

/** The state's name, worst first. */
function stateOf(about: About): { readonly state: RotationStateName; readonly reason?: string } {
  const { rotation, state, now, rotating } = about;
  if (rotating) return { state: "rotating", reason: (state.attempt ?? state.owed)?.why ?? "" };
  if (deadlineFor(rotation, state) <= now)
    return { state: "expired", reason: state.failure?.message ?? "nobody rotated it in time" };
  if (state.owed?.kind === "publish") return { state: "failing", reason: `mixed: ${state.owed.why}` };
  if (isCutOff(state)) return { state: "failing", reason: "an attempt was cut off while the sinks were being written" };
  if (state.owed) return { state: "reload-owed", reason: state.failure?.message ?? "the reload was not finished" };
  if (state.settled === undefined)
    return state.failure ? { state: "failing", reason: state.failure.message } : { state: "never" };
  if (state.leases[state.settled]?.foreign) return { state: "foreign", reason: "the state came from another machine" };
  if (state.failure && isDue(about)) return { state: "failing", reason: state.failure.message };
  const ids = rotation.sinks.map(({ id }) => id);
  const seen = ids.every((id) => (state.sinks[id]?.may.length ?? 0) > 0);
  if (seen && !allHold(state, ids, state.settled))
    return { state: "failing", reason: "drift: a sink does not hold what was written to it" };
  return dueOrFresh(about);
}

/** A process died between the first write and the last: the sinks may be mixed, the next run sees. */
function isCutOff({ attempt }: RotationState): boolean {
  return attempt !== undefined && ["committing", "undoing", "rolling-back"].includes(attempt.phase);
}

function owedKind(state: RotationState): Pick<RotationStatus, "owed"> {
  if (state.owed) return { owed: state.owed.kind };
  return isCutOff(state) ? { owed: "publish" } : {};
}

function decisionOf({ rotation, state, now, deps }: About): Decision {
  return decide(rotation, state, { now, force: false, cadence: undefined, nextCron: deps.nextCron });
}

/** A failure of a rotation that was forced and is not due is history: nothing waits for it. */
function isDue(about: About): boolean {
  return decisionOf(about).action !== "none";
}

function dueOrFresh(about: About): { readonly state: RotationStateName; readonly reason?: string } {
  const { state, now } = about;
  const decision = decisionOf(about);
  if (decision.action !== "none") return { state: "due", reason: decision.why };
  if (retirementDue(about, state, now)) return { state: "due", reason: "a superseded lease can be revoked" };
  return { state: "fresh" };
}

function lastError({ failure }: RotationState): Pick<RotationStatus, "lastError"> | object {
  if (!failure) return {};
  const { at, code, message, hint, retryable } = failure;
  return { lastError: { at: instant(at), code, message, retryable, ...(hint !== undefined && { hint }) } };
}

/** A rotation that is in the state and not in the spec. Undefined when nothing of it lives any more. */
export function orphanStatus(state: RotationState, now: number): RotationStatus | undefined {
  const living = liveLeases(state).filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
  if (living.length === 0) return undefined;
  return {
    name: state.name,
    provider: living[0]?.provider ?? "",
    state: "orphaned",
    reason: "not in the spec any more: `rotate forget` or its expiry ends it",
    ...instantAt("expiresAt", expiryFor(state)),
    ...lastError(state),
    leases: living.map((lease) => ({ ...leaseReport(lease, "held"), heldBy: holders(state, lease.id) })),
    warnings: [],
  };
}

function leaseReports(rotation: Rotation, state: RotationState, now: number): readonly LeaseReport[] {
  return liveLeases(state)
    .filter(({ id }) => id !== state.settled)
    .map((lease) => ({
      ...leaseReport(lease, leaseState(rotation, state, { lease, now })),
      heldBy: holders(state, lease.id),
    }));
}

function leaseReport(lease: LeaseState, state: LeaseReport["state"]): Omit<LeaseReport, "heldBy"> {
  return { id: lease.id, state, ...(lease.expiresAt !== null && { expiresAt: instant(lease.expiresAt) }) };
}

function leaseState(
  rotation: Rotation,
  state: RotationState,
  { lease, now }: { lease: LeaseState; now: number },
): LeaseReport["state"] {
  if (lease.phase === "ghost") return "unknown";
  if (lease.foreign) return "foreign";
  if (heldLeases(state).includes(lease.id)) return "held";
  const canRevoke =
    rotation.provider.part.revoke !== undefined &&
    rotation.overlap.revoke !== "never" &&
    rotation.provider.part.overlap !== false;
  const { deadline } = rotation.overlap;
  const givenUp = deadline !== undefined && (lease.revocation?.notBefore ?? 0) > state.settledAt + deadline;
  if (!canRevoke || givenUp || (rotation.overlap.revoke === "adopted" && !state.adopted && lease.exposed))
    return "expires only";
  return lease.revocation !== undefined || state.settledAt + rotation.overlap.grace <= now
    ? "revoke-pending"
    : "superseded";
}

function holders(state: RotationState, lease: string): readonly string[] {
  if (!pinnedLeases(state).includes(lease)) return [];
  const sinks = Object.values(state.sinks)
    .filter(({ may }) => may.includes(lease))
    .map(({ type, target, abandoned }) => `${type} ${target}${abandoned ? " (no longer in the spec)" : ""}`);
  return [...sinks, ...(state.consumers.includes(lease) ? ["consumers"] : [])];
}
