import { endOfHeld, isLost, mayHeld, mustOfHeld, type Moment } from "../rotation/moment.ts";
import type { Turn } from "./ready.ts";

/** Where a rotation that is due stands among others. */
export function turnOf(moment: Moment): Turn {
  const { state, now } = moment;
  const isAlive = mayHeld(state).length > 0 && endOfHeld(moment) > now && !isLost(moment);
  const must = mustOfHeld(moment);
  if (isFailing(moment)) return { need: "failing", by: isAlive ? must : Infinity };
  // What a process left behind may be anything: it is looked at before anything new is begun.
  if (state.attempt !== undefined) return { need: "alive", by: Math.min(must, now) };
  return isAlive ? { need: "alive", by: must } : { need: "without", by: Math.min(endOfHeld(moment), now) };
}

/** Its last try failed, by the spec as it is. */
function isFailing({ state: { failure, owed }, rotation }: Moment): boolean {
  return failure?.specHash === rotation.hash || (owed?.kind === "reload" && owed.error !== undefined);
}
