import type { RotationState } from "../store/state.ts";

export interface ClockSources {
  /** Wall clock, ms since 1970. */
  readonly now: () => number;
  /** ms since boot, sleep included. */
  readonly uptime: () => number;
  readonly bootId: string;
}

/**
 * Time as a rotation counts it: the later of the wall clock and of the highest time seen plus what has passed since, what this clock itself told included. A clock
 * that is set back lengthens no life; within one boot the uptime tells how much has passed, across boots only the highest time is a floor.
 */
export function rotationClock(
  sources: ClockSources,
  { highest, uptime, bootId }: RotationState["clock"],
): () => number {
  const sameBoot = bootId === sources.bootId && bootId !== "";
  let seen = { time: highest, uptime: sameBoot ? uptime : sources.uptime() };
  return function read() {
    const at = sources.uptime();
    const floor = seen.time + Math.max(at - seen.uptime, 0);
    seen = { time: Math.max(sources.now(), floor), uptime: at };
    return seen.time;
  };
}
