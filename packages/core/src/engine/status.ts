import type { LeaseReport, RotationStatus, StatusSummary } from "../report.ts";
import { heldLeases, liveLeases, pinnedLeases, type LeaseState, type RotationState } from "../store/state.ts";
import { credentialReport, instant, instantAt } from "../rotation/describe.ts";
import { isUnsure, mayHeld, mustOfHeld, publishedLease, wholeLease, type Moment } from "../rotation/moment.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { isRevoked } from "../rotation/retire.ts";
import { standingOfOrphan } from "../rotation/standing.ts";
import { lastErrorOf, orphanText, scheduleWarning } from "../rotation/standing-text.ts";
import { errorReport, headOf, standingReport } from "../rotation/visit-report.ts";
import { endOf, shouldAt } from "../schedule/schedule.ts";
import { compareStanding } from "./causes.ts";
import type { Present } from "./quick-look.ts";

type Clock = RotationDeps["clock"];

/** What `status` says of a rotation: its standing, and what people ask next. */
export function statusOf({ moment, standing }: Present, deps: RotationDeps): RotationStatus {
  const { rotation, state } = moment;
  const { clock } = deps;
  const problem = scheduleWarning(moment);
  return {
    name: rotation.name,
    provider: rotation.provider.name,
    kind: rotation.provider.type,
    ...(rotation.family !== undefined && { group: rotation.family }),
    ...standingReport(standing, moment, clock),
    ...headOf(moment, standing, clock),
    ...heldOf(moment, clock),
    ...instantAt("refreshAt", refreshOf(moment), clock),
    ...instantAt("deadline", mustOfHeld(moment), clock),
    ...(state.lastSuccessAt !== undefined && { lastSuccess: instant(clock.wallAt(state.lastSuccessAt)) }),
    ...lastError(state, clock),
    ...(state.owed && { owed: state.owed.kind }),
    leases: leaseReports(moment, deps),
    warnings: problem === undefined ? [] : [problem],
  };
}

function lastError(
  state: RotationState,
  clock: Clock,
): Pick<RotationStatus, "lastError" | "failures" | "failingSince"> {
  const error = lastErrorOf(state);
  if (error === undefined) return {};
  const { failure, owed } = state;
  const failures = owed?.error ? owed.tries : (failure?.count ?? 1);
  const since = owed?.error ? owed.since : (failure?.since ?? error.at);
  return {
    lastError: { at: instant(clock.wallAt(error.at)), ...errorReport(error) },
    failures,
    ...instantAt("failingSince", since, clock),
  };
}

/** Of all that may be in use, what ends first. */
function heldOf(moment: Moment, clock: Clock): Pick<RotationStatus, "held"> {
  const [first] = mayHeld(moment.state).toSorted((one, other) => endOf(one) - endOf(other));
  if (first === undefined) return {};
  return {
    held: {
      issuedAt: instant(clock.wallAt(first.issuedAt)),
      ...(!isUnsure(moment, first) && instantAt("expiresAt", endOf(first), clock)),
      ...(first.id !== wholeLease(moment.state)?.id && { previous: true }),
    },
  };
}

function refreshOf({ state, rotation, cron }: Moment): number {
  const lease = publishedLease(state);
  return lease === undefined || state.ejectedAt !== undefined ? Infinity : shouldAt(lease, rotation.refresh, cron);
}

/** All of them in numbers. */
export function summaryOf(rotations: readonly RotationStatus[]): StatusSummary {
  const [first] = rotations;
  const worst = first && rotations.reduce((before, one) => (compareStanding(one, before) < 0 ? one : before), first);
  const states = [...Map.groupBy(rotations, ({ state }) => state)].map(([state, { length }]) => [state, length]);
  return {
    total: rotations.length,
    ...(worst && { worst: worst.state }),
    states: Object.fromEntries(states),
    rotating: rotations.filter(({ rotating }) => rotating !== undefined).length,
  };
}

/** A rotation that is in the state and not in the spec, or there for another machine. Undefined when nothing of it is left to tell of. */
export function orphanStatus(state: RotationState, clock: Clock, host?: string): RotationStatus | undefined {
  clock.observe(state.clock);
  const standing = standingOfOrphan(state, clock.now());
  if (standing === undefined) return undefined;
  const leases = liveLeases(state);
  const settled = state.leases[state.settled ?? ""];
  return {
    name: state.name,
    provider: (settled ?? leases[0])?.provider ?? "",
    state: standing.state,
    code: host === undefined ? standing.reason.code : "left",
    reason: orphanText(state.name, host),
    exit: standing.exit,
    ...(standing.alarm && { alarm: standing.alarm }),
    ...(standing.until !== undefined && instantAt("expiresAt", standing.until, clock)),
    ...(settled && { credential: credentialReport(settled, clock) }),
    ...lastError(state, clock),
    leases: leases.map((lease) => ({ ...leaseReport(lease, "held", clock), heldBy: holders(state, lease.id) })),
    warnings: [],
  };
}

function leaseReports(moment: Moment, deps: RotationDeps): readonly LeaseReport[] {
  const { state } = moment;
  return liveLeases(state)
    .filter(({ id }) => id !== state.settled)
    .map((lease) => ({
      ...leaseReport(lease, leaseState(moment, lease, deps), deps.clock),
      heldBy: holders(state, lease.id),
    }));
}

function leaseReport(lease: LeaseState, state: LeaseReport["state"], clock: Clock): Omit<LeaseReport, "heldBy"> {
  return { id: lease.id, state, ...instantAt("expiresAt", lease.expiresAt ?? Infinity, clock) };
}

function leaseState({ rotation, state, now }: Moment, lease: LeaseState, deps: RotationDeps): LeaseReport["state"] {
  if (lease.phase === "ghost") return "unknown";
  if (lease.foreign) return "foreign";
  if (heldLeases(state).includes(lease.id)) return "held";
  if (!isRevoked({ rotation, deps, state: () => state }, lease)) return "expires only";
  const isTime = state.settledAt + rotation.overlap.grace <= now;
  return lease.revocation !== undefined || isTime ? "revoke-pending" : "superseded";
}

function holders(state: RotationState, lease: string): readonly string[] {
  if (!pinnedLeases(state).includes(lease)) return [];
  const sinks = Object.values(state.sinks)
    .filter(({ may }) => may.includes(lease))
    .map(({ type, target, abandoned }) => `${type} ${target}${abandoned ? " (no longer in the spec)" : ""}`);
  return [...sinks, ...(state.consumers.includes(lease) ? ["consumers"] : [])];
}
