import type { Reason } from "../why.ts";
import { givenOf, mustAt, shouldAt, spanOf } from "../schedule/schedule.ts";
import { driftOf } from "./drift.ts";
import { isLost, isUnsure, mustOfHeld, onceAMoment, publishedLease, type Moment } from "./moment.ts";

/** Undefined when nothing is wanted. */
export function reasonOf(moment: Moment): Reason | undefined {
  return reasons(moment);
}

const reasons = onceAMoment(findReason);

function findReason(moment: Moment): Reason | undefined {
  const { state, rotation, force } = moment;
  if (state.away !== undefined) return undefined;
  if (force) return "forced";
  if (state.ejectedAt !== undefined) return undefined;
  if (state.owed?.kind === "publish") return "mixed";
  if (state.settled === undefined && state.owed === undefined) return "first";
  const lease = publishedLease(state);
  if (lease === undefined || lease.phase === "gone") return "gone";
  if (lease.foreign) return "foreign";
  if (moment.wanted !== undefined) return moment.wanted;
  // Once a new lease is published, the reload is what is wanted.
  if (state.owed === undefined) {
    if (isLost(moment)) return "gone";
    if (isUnsure(moment, lease)) return "clock";
    if (state.specHash !== rotation.hash) return "spec";
    const drift = driftOf(rotation, state);
    // An absent key is nobody's edit.
    if (drift !== undefined && (drift.kind === "absent" || rotation.drift === "repair")) return drift.kind;
  }
  return timeReason(moment);
}

/** Would it be replaced now if nothing but time had passed? */
export function isTime(moment: Moment): boolean {
  return timeReason(moment) !== undefined;
}

function timeReason(moment: Moment): Reason | undefined {
  const { state, rotation, now, cadence, cron } = moment;
  const lease = publishedLease(state)!;
  if (lease.spent || shouldAt(lease, rotation.refresh, cron) <= now) return "time";
  if (moment.pulledForward && state.owed === undefined) return "shared";
  // While a reload is owed a further lease would help nobody: only the reload takes the consumers off what they hold.
  const ends = state.owed ? mustAt(lease, rotation.refresh) : mustOfHeld(moment);
  if (ends <= now) return "time";
  // A run by hand right after another is not a run that the timer missed: half a gap or half a life must have passed.
  const settledLongAgo = cadence !== undefined && now >= lease.asOf + Math.min(cadence, spanOf(lease)) / 2;
  return settledLongAgo && ends < now + 2 * cadence && Number.isFinite(givenOf(lease)) ? "cadence" : undefined;
}

const texts: Readonly<Record<Reason, string>> = {
  forced: "forced",
  first: "not rotated before",
  mixed: "the sinks are mixed",
  gone: "the credential is gone",
  foreign: "the state came from another machine",
  clock: "nobody can tell how old it is: the clock was wrong before this boot",
  spec: "spec-changed",
  absent: "drift: what was written is gone",
  changed: "drift: a sink was changed by hand",
  time: "its refresh time has come",
  cadence: "it would not last until the run after the next one",
  shared: "it shares a reload with a rotation that is due",
  asked: "it is asked for, and nobody knows its values any more",
  refused: "a server refused it",
};

/** The reason in words. */
export function reasonText(reason: Reason, { state }: Pick<Moment, "state">): string {
  return reason === "mixed" && state.owed ? `${texts.mixed}: ${state.owed.why}` : texts[reason];
}

const early: ReadonlySet<Reason> = new Set(["absent", "changed", "spec", "clock", "asked", "refused"]);

/**
 * Reasons that may come again at once, whatever was minted: two writers that fight, a spec that flaps, a daemon that is started again and again. They have a budget
 * of their own.
 */
export function isEarly(reason: Reason | undefined): boolean {
  return reason !== undefined && early.has(reason);
}
