/** Writes that may still land: what a sink may hold beside what was seen there. */
import type { ClockNote } from "../schedule/clock.ts";
import type { Holding, LateWrite, RotationState, SinkState } from "./state.ts";

/** What a sink that was seen to hold this, or was told to, may hold at an instant: writes that are still on their way count. */
export function mayWith(sink: SinkState | undefined, holdings: readonly Holding[], at: number): readonly Holding[] {
  return [...new Set([...holdings, ...pendingWrites(sink, at).map(({ lease }) => lease)])];
}

/** The state as a look at the clock finds it: what the clock leapt over since is no time that a write on its way is known to have had. */
export function postponed(state: RotationState, { brokenAt = 0 }: Pick<ClockNote, "brokenAt">): RotationState {
  const leapt = brokenAt - state.clock.time;
  if (leapt <= 0) return state;
  const sinks = Object.entries(state.sinks).map(([id, sink]) => [id, postponedIn(sink, leapt, state.clock)] as const);
  return { ...state, sinks: Object.fromEntries(sinks) };
}

function postponedIn(sink: SinkState, leapt: number, { time }: ClockNote): SinkState {
  if (sink.late === undefined) return sink;
  const late = sink.late.map((write) => (write.until < time ? write : { ...write, until: write.until + leapt }));
  return { ...sink, late };
}

/** The writes to a sink that may still land. */
export function pendingWrites(sink: SinkState | undefined, at: number): readonly LateWrite[] {
  return (sink?.late ?? []).filter(({ until }) => until >= at);
}
