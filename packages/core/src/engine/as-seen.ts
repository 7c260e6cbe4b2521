import { momentOf, type Asked } from "../rotation/moment.ts";
import { differs, look, observedOf } from "../rotation/observe.ts";
import { recoveryOf } from "../rotation/recover.ts";
import { sinkIds } from "../rotation/session.ts";
import { standing } from "../rotation/standing.ts";
import type { JournalRecord } from "../store/records.ts";
import { reduce } from "../store/reduce.ts";
import type { RotationState } from "../store/state.ts";
import { isLeftAlone, presentOf, retirementDue, type At, type Present } from "./quick-look.ts";

/**
 * The rotation as a visit will find it: its sinks are looked at, and what the visit would write of them is taken as written. Changes nothing. Work that was begun is finished
 * first, whatever the sinks hold: of that, and of what nobody may touch, the state alone tells.
 */
export async function presentAsSeen(at: At, asked: Asked): Promise<Present> {
  const present = await presentOf(at, asked);
  const { state, busy = false } = present.moment;
  if (isLeftAlone(at, state, asked) || state.attempt !== undefined || state.owed !== undefined) return present;
  const seen = await stateAsSeen(at, state);
  if (seen === state) return present;
  const bare = momentOf(at, seen, asked);
  const moment = { ...bare, busy, retirable: retirementDue(at, seen, bare.now) };
  return { moment, standing: standing(moment) };
}

async function stateAsSeen({ rotation, deps }: At, state: RotationState): Promise<RotationState> {
  const clock = deps.clock.note();
  const record = (before: RotationState, next: JournalRecord): RotationState => reduce(before, next, clock);
  const known = rotation.sinks.filter(({ id }) => state.sinks[id] !== undefined);
  const looks = await Promise.all(
    known.map(async (sink) => [sink.id, await look({ rotation, deps, state: () => state }, sink)] as const),
  );
  const seen = Object.fromEntries(looks.flatMap(([id, found]) => ("holding" in found ? [[id, found]] : [])));
  if (!differs(state, seen, clock)) return state;
  const observed = record(state, observedOf(seen));
  const about = { sinks: sinkIds(rotation), until: Infinity, ghosts: false };
  return recoveryOf(observed, about).reduce(record, observed);
}
