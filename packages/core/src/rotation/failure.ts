import { reloadWait, retryCap, retryWait, type FailureKind } from "../schedule/backoff.ts";
import { givenOf } from "../schedule/schedule.ts";
import type { FailureState, KeptError } from "../store/state.ts";
import { isDefinite, type Failure } from "./errors.ts";
import { isLost, momentOf, mustOfHeld, publishedLease } from "./moment.ts";
import type { Ended, Session } from "./session.ts";

/** What a failed phase was. Before the mint nothing was asked for; after it, what was minted is not fit for use. */
export function failureKind({ phase, error }: Failure, ghosts: boolean): FailureKind {
  const isAway = error.code === "UNAVAILABLE" || error.code === "RATE_LIMITED" || error.code === "TIMEOUT";
  if (phase === "preflight") return isAway ? "unavailable" : "refused";
  if (phase !== "mint" && phase !== "renew") return "unfit";
  if (!isDefinite(error)) return ghosts ? "unknown" : "unavailable";
  return isAway ? "unavailable" : "refused";
}

/** Keeps what an attempt failed of, with its backoff, so that the next process does not hammer the issuer. Nothing for what went well. */
export async function noteFailure(session: Session, ended: Ended): Promise<void> {
  const { rotation, state, now } = session;
  const { failure } = ended;
  if (failure === undefined && ended.outcome !== "failed" && ended.outcome !== "reload-owed") return;
  session.deps.runtime.forgetReferences?.();
  const error: KeptError = {
    at: now(),
    phase: failure?.phase ?? "settle",
    code: failure?.report.code ?? "ROTATE_SETTLE_CONFLICT",
    message: ended.reason,
    retryable: failure?.error.retryable ?? true,
    ...(failure?.report.hint !== undefined && { hint: failure.report.hint }),
  };
  if (state().owed?.kind === "reload" && ended.outcome === "reload-owed")
    return session.journal({ type: "reload-failed", error });
  const ghosts = rotation.provider.part.ghosts !== false;
  const kind = failure === undefined ? "unfit" : failureKind(failure, ghosts);
  const person = failure?.error.person === true;
  await journalFailure(session, { error, kind, person, retryAfter: failure?.error.retryAfter ?? 0 });
}

/** An earlier process died between the mint and its end: it counts as a failure, so that a crash loop never mints again and again. */
export async function noteKilled(session: Session, kind: "unknown" | "unfit"): Promise<void> {
  const error: KeptError = {
    at: session.now(),
    phase: kind === "unknown" ? "mint" : "commit",
    code: "ROTATE_ATTEMPT_KILLED",
    message: "an attempt was cut off: its process ended",
    retryable: true,
    hint: "was the machine restarted, or the process killed for its memory or its time?",
  };
  await journalFailure(session, { error, kind, person: false, retryAfter: 0, killed: true });
}

async function journalFailure(
  session: Session,
  about: {
    readonly error: KeptError;
    readonly kind: FailureKind;
    readonly person: boolean;
    readonly retryAfter: number;
    /** Whoever ended the process once may do so again: only the second time in a row is waited for. */
    readonly killed?: boolean;
  },
): Promise<void> {
  const { rotation, deps, state, now } = session;
  const { error, kind, person, retryAfter, killed = false } = about;
  const before = state().failure?.specHash === rotation.hash ? state().failure : undefined;
  const count = (before?.count ?? 0) + 1;
  const moment = momentOf({ rotation, deps }, state());
  const lease = publishedLease(state());
  const left = isLost(moment) ? 0 : mustOfHeld(moment) - now();
  const wait = retryWait(
    {
      kind,
      count,
      retryAfter,
      left: Number.isFinite(left) || lease !== undefined ? left : 0,
      given: lease ? givenOf(lease) : Infinity,
      waiting: moment.entry.waiting,
    },
    { ...rotation.retry, random: deps.runtime.random },
  );
  const sources = deps.sourceMark?.(rotation);
  const woken = before !== undefined && now() < before.notBefore;
  const failure: FailureState = {
    ...error,
    kind,
    count,
    since: before?.since ?? error.at,
    notBefore: now() + (person ? personWait : killed && count === 1 ? 0 : wait),
    specHash: rotation.hash,
    wokenAt: woken ? now() : (before?.wokenAt ?? 0),
    ...(person && { person }),
    ...(sources !== undefined && { sources }),
  };
  const waste = (kind === "unknown" || kind === "unfit") && rotation.provider.part.ghosts !== false;
  await session.journal({ type: "failed", failure, ...(waste && { waste }) });
  deps.entries?.waits(rotation.provider.name, rotation.name, true);
}

/** What only a person can mend is tried so seldom by itself, where nobody sees what it logs in with: `rotate run NAME --force` asks at once. ms */
const personWait = 15 * 60_000;

/** Until when an owed reload waits after this try, rotation time in ms. */
export function nextReloadAt(session: Session, tries: number): number {
  const { rotation, deps, state, now } = session;
  const lease = publishedLease(state());
  const left = mustOfHeld(momentOf({ rotation, deps }, state())) - now();
  return now() + reloadWait(tries, { left, cap: retryCap(lease ? givenOf(lease) : Infinity, rotation.retry.max) });
}
