import { keepCurrent } from "../credential/keep-current.ts";
import type { ErrorReport, Outcome, RotationReport } from "../report.ts";
import { backoff } from "../schedule/backoff.ts";
import { allHold, type FailureState } from "../store/state.ts";
import type { Lock } from "../store/store.ts";
import type { Rotation } from "../loading/model.ts";
import { deadlineFor, decide, nextLook, type Decision } from "./decide.ts";
import type { Failure } from "./errors.ts";
import { isStop, runPhases } from "./phase.ts";
import { recoveryPhases, rotationPhases } from "./phases.ts";
import { recover } from "./recover.ts";
import { renew } from "./renew.ts";
import { retire } from "./retire.ts";
import { credentialReport, instantAt } from "./describe.ts";
import { openSession, sinkIds, type Attempt, type Ended, type RotationDeps, type Session } from "./session.ts";

export interface RotateOptions {
  readonly force: boolean;
  /** ms between runs; undefined in a daemon. */
  readonly cadence: number | undefined;
  readonly pulledForward?: boolean;
  readonly signal: AbortSignal;
}

/** One rotation under its lock: recover, decide, act, retire. Never throws for what a plugin did; throws EngineError when the state or the lock is lost. */
export async function rotate(
  { rotation, deps: given, lock }: { readonly rotation: Rotation; readonly deps: RotationDeps; readonly lock: Lock },
  options: RotateOptions,
): Promise<RotationReport> {
  const deps = withHelpers(rotation, given);
  const started = deps.runtime.now();
  const session = await openSession({ rotation, deps, lock, signal: options.signal });
  await noteSinks(session);
  await recover(session);
  const decision = decide(rotation, session.state(), {
    now: session.now(),
    nextCron: deps.nextCron,
    force: options.force,
    cadence: options.cadence,
    pulledForward: options.pulledForward ?? false,
  });
  const ended = await act(session, decision).finally(session.group.leave);
  await keepCurrent(session);
  await retire(session);
  const report = reportOf(session, ended, decision);
  if (ended !== undefined) await recordAttempt(session, { ended, report, decision, started });
  return report;
}

/** Commands of an earlier process are ended before anything else, and ours are noted, should we not live to end them. */
function withHelpers({ name }: Rotation, deps: RotationDeps): RotationDeps {
  const { helpers, runtime } = deps;
  if (helpers === undefined) return deps;
  for (const pid of helpers.endLeftOvers(name))
    runtime.log.warn("ended a command that an earlier run left behind", { rotation: name, pid });
  return { ...deps, runtime: helpers.noting(name, runtime) };
}

/** Sinks are journaled by identity, never by index: the spec may change between two runs. */
async function noteSinks(session: Session): Promise<void> {
  const { rotation, state } = session;
  const present = rotation.sinks.map(({ id, type, target, values, part }) => ({
    id,
    type,
    target,
    keys: Object.keys(values),
    canRead: part.read !== undefined,
  }));
  const known = Object.values(state().sinks)
    .filter(({ abandoned }) => !abandoned)
    .map(({ id }) => id);
  const same = known.length === present.length && present.every(({ id }) => known.includes(id));
  if (!same) await session.journal({ type: "sinks", sinks: present });
}

async function act(session: Session, decision: Decision): Promise<Ended | undefined> {
  const { deps, rotation } = session;
  if (decision.action === "none" || decision.action === "wait") return undefined;
  deps.onEvent({ type: "rotation-started", rotation: rotation.name, why: decision.why });
  if (decision.action === "renew" && (await renew(session))) {
    return {
      ended: true,
      outcome: "renewed",
      reason: decision.why,
      attempt: firstAttempt(session, decision.why, false),
      phases: [{ phase: "renew", result: "succeeded", durationMs: 0 }],
    };
  }
  const owedOnly = decision.action === "reload";
  const phases = owedOnly ? recoveryPhases() : rotationPhases();
  const ended = await runPhases(phases, session, firstAttempt(session, decision.why, owedOnly));
  const final = ended.rolledBack ? await finishRollback(session, ended) : ended;
  if (!isStop(final)) await noteFailure(session, final);
  return final;
}

/** After the previous values were published again: their reload and health, and the report of the failure that led there. */
async function finishRollback(session: Session, ended: Ended): Promise<Ended> {
  const again = await runPhases(recoveryPhases(), session, { ...ended.attempt, owedOnly: false });
  const outcome: Outcome = again.outcome === "reload-owed" ? "reload-owed" : "failed";
  return {
    ...again,
    outcome,
    attempt: ended.attempt,
    phases: [...ended.phases.filter(({ result }) => result !== "not-run"), ...again.phases],
    ...(ended.failure && { failure: ended.failure }),
  };
}

function firstAttempt({ state, rotation }: Session, why: string, owedOnly: boolean): Attempt {
  const { settled, owed } = state();
  const candidate = owed?.kind === "reload" ? owed.lease : settled;
  const previous = allHold(state(), sinkIds(rotation), candidate) ? candidate : undefined;
  return {
    why,
    owedOnly,
    previous,
    sinks: rotation.sinks.map(({ type, target }) => ({ type, target, result: "not-run" })),
  };
}

/** A failure is kept with its backoff, so that the next process does not hammer the issuer. */
async function noteFailure(session: Session, ended: Ended): Promise<void> {
  const { rotation, deps, state, now } = session;
  if (!ended.failure && ended.outcome !== "failed" && ended.outcome !== "reload-owed") return;
  const count = (state().failure?.count ?? 0) + 1;
  const wait = backoff(count, { ...rotation.retry, random: deps.runtime.random });
  const asked = ended.failure?.error.retryAfter ?? 0;
  const longest = Math.max(0, Math.min(3_600_000, (deadlineFor(rotation, state()) - now()) / 2));
  await session.journal({
    type: "failed",
    failure: failureState(ended, {
      at: now(),
      count,
      notBefore: now() + Math.max(wait, Math.min(asked, longest || asked)),
    }),
  });
}

function failureState(
  ended: Ended,
  { at, count, notBefore }: { at: number; count: number; notBefore: number },
): FailureState {
  const failure: Failure | undefined = ended.failure;
  return {
    at,
    count,
    notBefore,
    phase: failure?.phase ?? "settle",
    code: failure?.report.code ?? "ROTATE_SETTLE_CONFLICT",
    message: ended.reason,
    retryable: failure?.error.retryable ?? true,
    ...(failure?.report.hint !== undefined && { hint: failure.report.hint }),
  };
}

/** What the run says of the rotation, whatever was done. */
function reportOf(session: Session, ended: Ended | undefined, decision: Decision): RotationReport {
  const { rotation, state, deps } = session;
  const current = state();
  const outcome = outcomeOf(session, ended, decision);
  const lease = current.leases[current.owed?.lease ?? current.settled ?? ""];
  return {
    name: rotation.name,
    outcome,
    reason: ended?.reason ?? idleReason(decision),
    ...(lease && lease.fingerprint !== "" && { credential: credentialReport(lease) }),
    ...instantAt("nextAt", nextLook(rotation, current, deps.nextCron)),
    phases: ended?.phases ?? [],
    sinks: ended?.attempt.sinks ?? rotation.sinks.map(({ type, target }) => ({ type, target, result: "not-run" })),
    ...(session.warnings().length > 0 && { warnings: session.warnings() }),
    ...(decision.action === "wait" && current.failure && { lastError: lastError(current.failure) }),
  };
}

function lastError({ code, message, hint, retryable }: FailureState): ErrorReport {
  return { code, message, retryable, ...(hint !== undefined && { hint }) };
}

function idleReason(decision: Decision): string {
  if (decision.action === "wait") return `waiting after a failure: ${decision.why}`;
  return "nothing is due";
}

/** The worst of what was done and what is held: an expired credential is said so, whatever else happened. */
function outcomeOf({ rotation, state, now }: Session, ended: Ended | undefined, decision: Decision): Outcome {
  const good = ended !== undefined && ["rotated", "renewed", "reused"].includes(ended.outcome);
  if (good) return ended.outcome;
  if (deadlineFor(rotation, state()) <= now()) return "expired";
  if (state().owed !== undefined) return "reload-owed";
  if (ended !== undefined) return ended.outcome;
  if (decision.action === "wait" || hasDrift(state(), sinkIds(rotation))) return "failed";
  return "fresh";
}

function hasDrift(state: ReturnType<Session["state"]>, sinks: readonly string[]): boolean {
  return state.settled !== undefined && !allHold(state, sinks, state.settled);
}

async function recordAttempt(
  session: Session,
  about: { ended: Ended; report: RotationReport; decision: Decision; started: number },
): Promise<void> {
  const { deps, state, rotation } = session;
  const { report, started } = about;
  await deps.store.recordAttempt({
    rotation: rotation.name,
    id: `${rotation.name}-${state().epoch}`,
    startedAt: new Date(started).toISOString(),
    durationMs: Math.max(0, deps.runtime.now() - started),
    why: "why" in about.decision ? about.decision.why : "",
    outcome: report.outcome,
    reason: report.reason,
    ...(report.credential && { credential: report.credential }),
    phases: report.phases,
  });
}
