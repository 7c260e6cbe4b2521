/** How a rotation stands: the one answer, of which every view is a view. An ordered list of policies, worst first; the first that holds counts. Pure. */
import { changeTime, endOf, givenOf, mustAt, ruleProblem, shouldAt, waits } from "../schedule/schedule.ts";
import { paceOf } from "../schedule/pace.ts";
import { behind, liveLeases, type AttemptPhase, type RotationState } from "../store/state.ts";
import { decide } from "./decide.ts";
import type { AlarmName, DriftedKey, StandingCode, StandingExit, StandingState } from "../report.ts";
import { driftOf } from "./drift.ts";
import { endOfHeld, isLost, isUnsure, mayHeld, publishedLease, warnOfHeld, type Moment } from "./moment.ts";
import { reasonOf } from "./reason.ts";
import { isUnproved } from "./unproved.ts";

/** How a rotation stands, before anybody puts it into words. `next` and `until`: ms of rotation time. */
export interface Standing {
  readonly state: StandingState;
  readonly reason: { readonly code: StandingCode; readonly drift?: readonly DriftedKey[] };
  /** Until when everything that may be held works, rotation time in ms; Infinity: no end. Absent: nobody can tell. */
  readonly until?: number;
  /** When the engine looks again. */
  readonly next: number;
  readonly alarm?: AlarmName;
  readonly exit: StandingExit;
  /** A process is at work on it: an attribute, never a state. */
  readonly rotating?: Rotating;
}

/** Instants of rotation time in ms. */
export interface Rotating {
  readonly since: number;
  readonly phase: AttemptPhase | "reload" | "publish";
  readonly tries: number;
  /** Who of its reload's group has the turn that it waits for. */
  readonly waitsFor?: string;
}

/** A moment, and whether another process or this one holds the rotation's claim. */
export interface Facts extends Moment {
  readonly busy?: boolean;
  /** A superseded lease can be revoked now. */
  readonly retirable?: boolean;
}

interface Policy {
  readonly state: StandingState;
  readonly code: StandingCode;
  readonly exit: StandingExit | ((facts: Facts) => StandingExit);
  readonly alarm?: AlarmName;
  readonly holds: (facts: Facts) => boolean;
}

const minute = 60_000;

/** Worst first. Each exit and alarm stands here and nowhere else. */
export const policies: readonly Policy[] = [
  { state: "ejected", code: "ejected", exit: 0, holds: ({ state }) => state.ejectedAt !== undefined },
  { state: "expired", code: "revoked", exit: 3, alarm: "expired", holds: isRevoked },
  { state: "expired", code: "ended", exit: 3, alarm: "expired", holds: hasEnded },
  { state: "expiring", code: "margin", exit: 3, alarm: "expired", holds: isInMargin },
  { state: "failing", code: "mixed", exit: 4, alarm: "failed", holds: isMixed },
  { state: "expiring", code: "late", exit: ({ state }) => (state.owed ? 4 : 1), alarm: "expiring", holds: isLate },
  { state: "reload-owed", code: "owed", exit: 4, alarm: "reload-owed", holds: isReloadOwed },
  {
    state: "needs-login",
    code: "login",
    exit: 1,
    alarm: "failed",
    holds: ({ state }) => state.failure?.person === true,
  },
  {
    state: "failing",
    code: "moved",
    exit: 1,
    alarm: "cannot-serve",
    holds: ({ state }) => state.away !== undefined,
  },
  { state: "failing", code: "list", exit: 1, alarm: "failed", holds: ({ heldBack }) => heldBack !== undefined },
  {
    state: "failing",
    code: "unserved",
    exit: 1,
    alarm: "cannot-serve",
    holds: ({ unserved }) => unserved !== undefined,
  },
  { state: "never", code: "never", exit: 1, holds: (facts) => isNew(facts.state) && !persists(facts) },
  { state: "failing", code: "failing", exit: 1, alarm: "failed", holds: isFailing },
  { state: "drift", code: "absent", exit: 1, alarm: "drift", holds: (facts) => driftKind(facts) === "absent" },
  { state: "drift", code: "changed", exit: 1, alarm: "drift", holds: (facts) => driftKind(facts) === "changed" },
  {
    state: "foreign",
    code: "foreign",
    exit: 1,
    alarm: "failed",
    holds: ({ state }) => publishedLease(state)?.foreign === true,
  },
  {
    state: "at-risk",
    code: "clock",
    exit: 1,
    alarm: "at-risk",
    holds: (facts) => isUnsure(facts, publishedLease(facts.state)),
  },
  { state: "at-risk", code: "too-slow", exit: 1, alarm: "at-risk", holds: isTooSlow },
  { state: "at-risk", code: "rule", exit: 1, alarm: "at-risk", holds: hasNoRule },
  { state: "due", code: "due", exit: 0, holds: (facts) => reasonOf(facts) !== undefined },
  { state: "due", code: "unproved", exit: 0, holds: isUnproved },
  { state: "due", code: "retire", exit: 0, holds: ({ retirable }) => retirable === true },
  { state: "fresh", code: "fresh", exit: 0, holds: () => true },
];

/** How a rotation of the spec stands. */
export function standing(facts: Facts): Standing {
  const policy = policies.find(({ holds }) => holds(facts))!;
  const rotating = rotatingOf(facts);
  const drift = policy.state === "drift" ? driftOf(facts.rotation, facts.state)?.keys : undefined;
  return {
    state: policy.state,
    reason: { code: policy.code, ...(drift && { drift }) },
    ...untilOf(facts),
    // Nobody does by itself what no machine takes.
    next: facts.unserved === undefined ? decide(facts).next : Infinity,
    ...(policy.alarm && { alarm: policy.alarm }),
    exit: typeof policy.exit === "function" ? policy.exit(facts) : policy.exit,
    ...(rotating && { rotating }),
  };
}

/** How one that is not in the spec any more stands; undefined when nothing of it is left to tell of. `now`: rotation time, ms. */
export function standingOfOrphan(state: RotationState, now: number): Standing | undefined {
  if (state.ejectedAt !== undefined || state.away?.step === "left" || (isNew(state) && liveLeases(state).length === 0))
    return undefined;
  const until = endOfHeld({ state });
  return {
    state: "orphaned",
    reason: { code: "orphaned" },
    until,
    next: Infinity,
    alarm: "orphaned",
    exit: until <= now ? 3 : 1,
  };
}

function untilOf(facts: Facts): Pick<Standing, "until"> {
  const { state, now } = facts;
  if ([publishedLease(state), ...mayHeld(state)].some((lease) => isUnsure(facts, lease))) return {};
  return { until: isRevoked(facts) || isKilled(facts) ? now : endOfHeld(facts) };
}

function rotatingOf({ state, busy }: Facts): Rotating | undefined {
  const { attempt, owed } = state;
  if (!busy) return undefined;
  if (attempt) return { since: attempt.startedAt, phase: attempt.phase, tries: (state.failure?.count ?? 0) + 1 };
  if (owed === undefined) return undefined;
  const { since, kind: phase, tries, waitsFor } = owed;
  return { since, phase, tries, ...(waitsFor !== undefined && { waitsFor }) };
}

/** The first reload of what was just published is in hand: healthy work, not yet owed. */
function isFirstTry({ busy, state }: Facts): boolean {
  return busy === true && state.owed?.kind === "reload" && state.owed.tries <= 1;
}

function isRevoked(facts: Facts): boolean {
  return isLost(facts) || (isKilled(facts) && !isFirstTry(facts));
}

/** What is held was ended by the mint of what is published, and its consumers are not on the new one yet. */
function isKilled({ rotation, state: { settled, owed } }: Facts): boolean {
  if (rotation.provider.part.overlap !== false || settled === undefined) return false;
  return owed?.kind === "reload" && owed.lease !== settled;
}

function hasEnded({ state, now }: Facts): boolean {
  return mayHeld(state).some((lease) => endOf(lease) + (waits(lease) ? changeTime : 0) <= now);
}

function isInMargin(facts: Facts): boolean {
  const { state, rotation, now } = facts;
  return !isFirstTry(facts) && mayHeld(state).some((lease) => mustAt(lease, rotation.refresh) <= now);
}

function isMixed({ state, busy }: Facts): boolean {
  if (state.owed?.kind === "publish") return true;
  // A process died between the first write and the last: the sinks may be mixed, the next run sees.
  return (
    !busy && state.attempt !== undefined && ["committing", "undoing", "rolling-back"].includes(state.attempt.phase)
  );
}

/** Under a timer a lease may well live past this between two runs: only with a failure or owed work is it late. */
function isLate(facts: Facts): boolean {
  const { state, now, busy, cadence } = facts;
  const trouble = state.failure !== undefined || (state.owed !== undefined && !isFirstTry(facts));
  if (!trouble && (busy || cadence !== undefined)) return false;
  return warnOfHeld(facts) <= now;
}

function isReloadOwed(facts: Facts): boolean {
  return (facts.state.owed?.kind === "reload" && !isFirstTry(facts)) || behind(facts.state) !== undefined;
}

function isNew({ settled, owed }: RotationState): boolean {
  return settled === undefined && owed === undefined;
}

/** A failure that lasts: the second in a row, refused, or a minute old. */
function persists({ state: { failure }, now }: Facts): boolean {
  if (failure === undefined) return false;
  return failure.count >= 2 || failure.kind === "refused" || now - failure.since > minute;
}

function isFailing(facts: Facts): boolean {
  return persists(facts) && (isNew(facts.state) || reasonOf(facts) !== undefined);
}

function driftKind({ rotation, state, busy }: Facts): "absent" | "changed" | undefined {
  return busy ? undefined : driftOf(rotation, state)?.kind;
}

function isTooSlow({ state, rotation, cadence }: Facts): boolean {
  const lease = publishedLease(state);
  return lease !== undefined && paceOf(lease, rotation.refresh, cadence) === "too-slow";
}

function hasNoRule({ state, rotation, cron }: Facts): boolean {
  const lease = publishedLease(state);
  if (lease === undefined || givenOf(lease) !== Infinity) return false;
  return ruleProblem(lease, rotation.refresh) === "never-ends" && shouldAt(lease, rotation.refresh, cron) === Infinity;
}
