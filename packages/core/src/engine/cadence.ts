import type { HostNotes, RunNotes } from "../backend/host-notes.ts";

const kept = 6;
/** Gaps shorter than this are people, not timers. ms */
const shortestGap = 20_000;

/** Notes that a run began, and gives how far apart runs are, ms: as it was told (`every`), else as an earlier one was, else the median of the last gaps when most are alike. Undefined when nothing can be said. */
export async function cadenceOfRun(
  host: HostNotes,
  { now, every }: { readonly now: number; readonly every?: number | undefined },
): Promise<number | undefined> {
  const before = (await host.runNotes?.()) ?? none;
  const at = [...before.at.filter((instant) => instant < now), now].slice(-kept);
  const told = every === undefined ? before.told : { at: now, every };
  const notes = { at, ...(told && { told }) };
  await host.noteRuns?.(notes);
  return toldCadence(notes, now) ?? cadenceOf(at);
}

/** What the noted runs tell, without noting one; undefined when they have stopped: then something else keeps the credentials, or nobody does. */
export async function knownCadence(host: HostNotes, now: number): Promise<number | undefined> {
  const notes = (await host.runNotes?.()) ?? none;
  const cadence = toldCadence(notes, now) ?? cadenceOf(notes.at);
  const last = notes.at.at(-1);
  return cadence !== undefined && last !== undefined && now - last <= 3 * cadence ? cadence : undefined;
}

const none: RunNotes = { at: [] };

/** A run by hand in between is told nothing: the timer's word holds until the timer has stopped. */
function toldCadence({ told }: RunNotes, now: number): number | undefined {
  return told !== undefined && told.at <= now && now - told.at <= 3 * told.every ? told.every : undefined;
}

/**
 * The median gap of at least three runs; undefined when it is too short to be a timer's, when gaps are shorter than half of it, or when most are not like it. Longer ones say
 * nothing of the pace: the machine slept, or was off.
 */
export function cadenceOf(runs: readonly number[]): number | undefined {
  const gaps = runs
    .slice(1)
    .map((at, index) => at - runs[index]!)
    .toSorted((a, b) => a - b);
  if (gaps.length < 2) return undefined;
  const median = gaps[Math.floor(gaps.length / 2)]!;
  const alike = gaps.filter((gap) => gap > median / 2 && gap < median * 1.5);
  const isSteady = gaps[0]! > median / 2 && alike.length > gaps.length / 2;
  return isSteady && median >= shortestGap ? median : undefined;
}
