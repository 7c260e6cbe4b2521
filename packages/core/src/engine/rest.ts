/** When a rotation on which nothing is to be done has to be looked at again: beside what is written of it, and what its sinks hold, only time can tell. Pure. */
import type { KeptLook } from "../backend/kept-looks.ts";
import type { ClockNote } from "../schedule/clock.ts";
import { slowestFor } from "../schedule/pace.ts";
import { clockMark, mustOfHeld, publishedLease, type Asked } from "../rotation/moment.ts";
import { lastErrorOf } from "../rotation/standing-text.ts";
import { nearlyDueAt, turnAt } from "../rotation/turns.ts";
import { retirementAt, type Present } from "./quick-look.ts";
import type { RotationDeps } from "../rotation/session.ts";

/** Nothing is believed for longer, ms. */
const longest = 3_600_000;

/** All that a rest depends on beside the rotation's own state: with another mark nothing is known. */
export function restMark(identity: string, note: ClockNote): string {
  return JSON.stringify([identity, note.bootId, clockMark(note)]);
}

/** How long the rotation is left as it is by itself; undefined: it is not at rest. */
export function restOf(
  { moment, standing }: Present,
  deps: RotationDeps,
): Pick<KeptLook, "until" | "ends" | "pace" | "nearly"> | undefined {
  const { rotation, state, now } = moment;
  const lease = publishedLease(state);
  const isAtRest = standing.state === "fresh" && lastErrorOf(state) === undefined && state.attempt === undefined;
  if (!isAtRest || lease === undefined) return undefined;
  const until = Math.min(standing.next, turnAt(moment), retirementAt({ rotation, deps }, state), now + longest);
  const pace = slowestFor(lease, rotation.refresh);
  return { until, ends: mustOfHeld(moment), pace, nearly: nearlyDueAt(moment) };
}

/** Does it still rest, for all that time alone and the pace of runs can do? */
export function isResting({ until, ends, pace }: KeptLook, now: number, { cadence }: Asked): boolean {
  if (until <= now) return false;
  return cadence === undefined || (cadence < pace && now + 2 * cadence <= ends);
}
