import type { HostNotes } from "../backend/host-notes.ts";

const kept = 6;
/** Gaps shorter than this are people, not timers. ms */
const shortestGap = 20_000;

/** Notes that a run began, and tells how far apart runs are: the median of the last gaps when they are alike, ms; undefined when nothing can be said. */
export async function learnCadence(host: HostNotes, now: number): Promise<number | undefined> {
  const before = (await host.recentRuns?.()) ?? [];
  const runs = [...before.filter((at) => at < now), now].slice(-kept);
  await host.noteRuns?.(runs);
  return cadenceOf(runs);
}

/** What the noted runs tell, without noting one; undefined when they have stopped: then something else keeps the credentials, or nobody does. */
export async function knownCadence(host: HostNotes, now: number): Promise<number | undefined> {
  const runs = (await host.recentRuns?.()) ?? [];
  const cadence = cadenceOf(runs);
  const last = runs.at(-1);
  return cadence !== undefined && last !== undefined && now - last <= 3 * cadence ? cadence : undefined;
}

/** The median gap of at least three runs; undefined when the gaps differ by more than half, or are too short to be a timer's. */
export function cadenceOf(runs: readonly number[]): number | undefined {
  const gaps = runs
    .slice(1)
    .map((at, index) => at - runs[index]!)
    .toSorted((a, b) => a - b);
  if (gaps.length < 2) return undefined;
  const median = gaps[Math.floor(gaps.length / 2)]!;
  const alike = gaps.every((gap) => gap > median / 2 && gap < median * 1.5);
  return alike && median >= shortestGap ? median : undefined;
}
