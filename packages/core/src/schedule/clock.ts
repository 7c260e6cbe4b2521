import type { RotationState } from "../store/state.ts";

export interface ClockSources {
  /** Wall clock, ms since 1970. */
  readonly now: () => number;
  /** ms since boot, sleep included. */
  readonly uptime: () => number;
  readonly bootId: string;
}

/**
 * Time as a rotation counts it: the later of the wall clock and of the highest time seen plus what has passed since. A clock that is set back lengthens no life;
 * within one boot the uptime tells how much has passed, across boots only the highest time is a floor.
 */
export function rotationClock(
  sources: ClockSources,
  { highest, uptime, bootId }: RotationState["clock"],
): () => number {
  const sameBoot = bootId === sources.bootId && bootId !== "";
  const startUptime = sources.uptime();
  const passed = sameBoot ? Math.max(startUptime - uptime, 0) : 0;
  const floor = highest + passed;
  return () => Math.max(sources.now(), floor + Math.max(sources.uptime() - startUptime, 0));
}
