import type { HeldBack } from "../loading/model.ts";
import type { AttemptReport } from "../history-report.ts";
import type { ErrorReport, Outcome, RotationReport, StandingReport } from "../report.ts";
import { presentAt, type RotationClock } from "../schedule/clock.ts";
import type { KeptError } from "../store/state.ts";
import { decide, type Decision } from "./decide.ts";
import { credentialReport, instant, instantAt } from "./describe.ts";
import { wholeLease, type Moment } from "./moment.ts";
import { reasonText } from "./reason.ts";
import type { Ended, Session } from "./session.ts";
import type { Standing } from "./standing.ts";
import { lastErrorOf, standingText } from "./standing-text.ts";

type Wall = Pick<RotationClock, "wallAt">;

/** What one visit to a rotation came to. */
export interface Visit {
  /** Undefined: nothing was to be done, or it has to wait. */
  readonly ended: Ended | undefined;
  readonly decision: Decision;
  /** Afterwards. */
  readonly moment: Moment;
  readonly standing: Standing;
  /** By this machine's clock, ms. */
  readonly started: number;
}

/** The account of what was done, and how the rotation stands now; what was tried is kept for `rotate history`. */
export function reportVisit(session: Session, visit: Visit): RotationReport {
  const { ended, decision, moment, standing: now } = visit;
  const { clock } = session.deps;
  const warnings = session.warnings();
  const error = ended === undefined ? waitedFor(decision, moment) : undefined;
  const report: RotationReport = {
    name: moment.rotation.name,
    provider: moment.rotation.provider.name,
    outcome: outcomeOf(visit),
    reason: ended?.reason ?? idleReason(visit),
    standing: standingReport(now, moment, clock),
    ...headOf(moment, now, clock),
    phases: ended?.phases ?? [],
    sinks: ended?.attempt.sinks ?? untouched(moment),
    ...(warnings.length > 0 && { warnings }),
    ...(error && { lastError: errorReport(error) }),
  };
  const attempts = ended === undefined ? [] : [attemptReport(session, { visit, ended, report })];
  session.leave({ attempts, next: now.next });
  return report;
}

/** The report of a rotation for which nothing was to be done, or which another process is at work on. */
export function idleReport(
  { moment, standing: now }: Pick<Visit, "moment" | "standing">,
  clock: Wall,
  locked: boolean,
): RotationReport {
  const about = { ended: undefined, decision: decide(moment), moment, standing: now };
  const kept = waitedFor(about.decision, moment);
  const error = moment.heldBack ? heldBackError(moment.heldBack) : kept && errorReport(kept);
  return {
    name: moment.rotation.name,
    provider: moment.rotation.provider.name,
    outcome: locked && now.exit < 3 ? "locked" : outcomeOf(about),
    reason: locked ? "another process is at work on it" : idleReason(about),
    standing: standingReport(now, moment, clock),
    ...headOf(moment, now, clock),
    phases: [],
    sinks: untouched(moment),
    ...(error && { lastError: error }),
  };
}

/** Why it is left alone, as an error. */
export function heldBackError({ code, message, hint }: HeldBack): ErrorReport {
  return { code, message, retryable: true, ...(hint !== undefined && { hint }) };
}

/** What the last try failed of, while something waits to be tried again. */
function waitedFor({ reason }: Decision, { state }: Moment): KeptError | undefined {
  return reason === undefined && state.owed === undefined ? undefined : lastErrorOf(state);
}

/** Which credential stands there, and when the engine looks again. */
export function headOf(
  { state }: Pick<Moment, "state">,
  { next }: Standing,
  wall: Wall,
): Pick<RotationReport, "credential" | "nextAt"> {
  const lease = wholeLease(state);
  return {
    ...(lease && lease.fingerprint !== "" && { credential: credentialReport(lease, wall) }),
    ...instantAt("nextAt", next, wall),
  };
}

function untouched({ rotation }: Moment): RotationReport["sinks"] {
  return rotation.sinks.map(({ type, target }) => ({ type, target, result: "not-run" }));
}

/** What was done; when nothing good was, what stands there says it. */
function outcomeOf({ ended, standing: { exit } }: Pick<Visit, "ended" | "standing">): Outcome {
  const good = ended?.outcome === "rotated" || ended?.outcome === "renewed" || ended?.outcome === "reused";
  if (good) return ended.outcome;
  if (exit === 3) return "expired";
  if (exit === 4) return "reload-owed";
  return ended?.outcome ?? (exit === 0 ? "fresh" : "failed");
}

/** What is wanted and has to wait, in words; undefined when nothing is. */
export function waitingText({ reason }: Decision, moment: Moment): string | undefined {
  if (reason === undefined) return undefined;
  return `${moment.state.failure ? "waiting after a failure" : "waiting"}: ${reasonText(reason, moment)}`;
}

function idleReason({ decision, moment, standing: now }: Omit<Visit, "started">): string {
  const waiting = waitingText(decision, moment);
  if (waiting !== undefined) return waiting;
  return now.exit === 0 ? "nothing is due" : (standingText(now, moment) ?? "nothing is due");
}

/** A standing as reports show it. */
export function standingReport(now: Standing, moment: Moment, wall: Wall): StandingReport {
  const { state, reason, until, alarm, exit, rotating } = now;
  const text = standingText(now, moment);
  return {
    state,
    code: reason.code,
    ...(text !== undefined && { reason: text }),
    ...(until !== undefined && instantAt("expiresAt", until, wall)),
    ...(alarm && { alarm }),
    exit,
    ...(rotating && { rotating: { ...rotating, since: instant(wall.wallAt(rotating.since)) } }),
    ...(reason.drift && { drift: reason.drift }),
  };
}

/** A kept error as reports show it. */
export function errorReport({ code, message, hint, retryable }: KeptError): ErrorReport {
  return { code, message, retryable, ...(hint !== undefined && { hint }) };
}

function attemptReport(
  { deps }: Session,
  { visit, ended, report }: { readonly visit: Visit; readonly ended: Ended; readonly report: RotationReport },
): AttemptReport {
  const { moment, started } = visit;
  const durationMs = Math.max(0, deps.runtime.now() - started);
  return {
    rotation: report.name,
    id: `${report.name}-${moment.state.epoch}`,
    startedAt: instant(presentAt(deps.clock) - durationMs),
    durationMs,
    why: ended.attempt.why,
    outcome: report.outcome,
    reason: report.reason,
    ...(report.credential && { credential: report.credential }),
    phases: report.phases,
  };
}
