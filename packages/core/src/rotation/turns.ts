/** When time alone changes how a rotation stands: whoever keeps watch looks again then, and not before. Pure; instants of rotation time, ms. */
import { changeTime, endOf, mustAt, shouldAt, waits, warnAt } from "../schedule/schedule.ts";
import { mayHeld, type Moment } from "./moment.ts";

/** The first instant from now on at which `standing` may say something else of the same state, beside the `next` of `decide`; Infinity: none. */
export function turnAt({ state, rotation, cron, now }: Moment): number {
  const ofLeases = mayHeld(state).flatMap((lease) => [
    warnAt(lease, rotation.refresh, cron),
    mustAt(lease, rotation.refresh),
    endOf(lease),
    endOf(lease) + changeTime,
  ]);
  const persisting = state.failure === undefined ? Infinity : state.failure.since + 60_001;
  return [...ofLeases, persisting].filter((at) => at > now).reduce((first, at) => Math.min(first, at), Infinity);
}

/**
 * From when on the rotation is refreshed along with one that shares its reload: within the last tenth of the time from its terms to its refresh it is not worth a reload
 * of its own a little later. Infinity: never; a renewal needs no reload, and a value that the issuer repeats has nothing newer to give.
 */
export function nearlyDueAt({ state, rotation, cron }: Moment): number {
  const lease = state.leases[state.settled ?? ""];
  if (lease === undefined || lease.renewable || waits(lease) || state.ejectedAt !== undefined) return Infinity;
  const at = shouldAt(lease, rotation.refresh, cron);
  return at === Infinity ? Infinity : at - (at - lease.asOf) / 10;
}
