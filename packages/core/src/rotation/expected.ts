import { expectedOf, type Expected } from "../schedule/pace.ts";
import { givenOf } from "../schedule/schedule.ts";
import { publishedLease, type Moment } from "./moment.ts";

/** What keeping a rotation fresh takes, about: by the life last given, else by the life asked for. Empty when nobody can tell. */
export function expectedIn(moment: Moment): { readonly expected?: Expected } {
  const { rotation, state, cron, now, cadence } = moment;
  const lease = publishedLease(state);
  const life = lease === undefined ? rotation.ttl : givenOf(lease);
  if (life === undefined) return {};
  const about = { life, renewable: lease?.renewable === true };
  return {
    expected: expectedOf(about, rotation.refresh, { nextCron: cron, now, ...(cadence !== undefined && { cadence }) }),
  };
}
