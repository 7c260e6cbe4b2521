/** Rotation time: an axis of its own that only goes forward. Ends of leases stand on it as now + life; the wall clock is for showing, cron and windows. All ms. */

/** What was known of time at one look. Kept with every record, and beside the state at every look. */
export interface ClockNote {
  /** Rotation time. */
  readonly time: number;
  /** The wall clock, since 1970. */
  readonly wall: number;
  /** The wall clock in the issuers' time, as well as it is known. */
  readonly told: number;
  /** Since boot, sleep included. */
  readonly uptime: number;
  readonly bootId: string;
  /** Rotation time at which it was found that nobody can tell how much time had passed: what is older is unsure. */
  readonly unsureBefore?: number;
  /** Rotation time at which another boot was found, or a pause that nobody saw: what is older may be what a snapshot remembers. */
  readonly brokenAt?: number;
}

/** What stands for a boot where time is the clock of a database. */
export const databaseBoot = "database";

/** The two clocks of a machine, and which of its boots this is. */
export interface ClockSources {
  /** The wall clock, ms since 1970. */
  readonly now: () => number;
  /** ms since boot, sleep included. */
  readonly uptime: () => number;
  readonly bootId: string;
}

/** Rotation time as one process reads it: no clock that is set, no sleep and no reboot makes it go back. */
export interface RotationClock {
  /** Rotation time. Never lower than before. */
  readonly now: () => number;
  /** An instant of rotation time as the wall clock will show it. */
  readonly wallAt: (instant: number) => number;
  /** Takes over what an earlier look knew, when it knew more. */
  readonly observe: (note: ClockNote) => void;
  /** How far the wall is ahead of an issuer that just answered. */
  readonly learn: (skew: number) => void;
  /** What was learned last, ms. Undefined: nothing was yet, in this process. */
  readonly skew: () => number | undefined;
  /** What is known of time now, to be kept. */
  readonly note: () => ClockNote;
}

/** A wall clock that leaps by more than this within a boot is a machine that was paused. */
const leap = 2_000;
/** Two clocks may differ by this before one of them is taken for a liar. */
const tolerance = 5_000;

/** A clock that goes on from `first`, or starts with the wall. */
export function createRotationClock(sources: ClockSources, first?: ClockNote): RotationClock {
  let known: ClockNote | undefined = first;
  let learned: number | undefined;

  function look(): ClockNote {
    known = advance(known, sources);
    return known;
  }

  return {
    now: () => look().time,
    wallAt: (instant) => instant + aheadOf(look()),
    observe(note) {
      if (note.bootId === "" || (known !== undefined && note.time <= known.time)) return;
      const floor = known === undefined ? note.time : look().time;
      const next = advance(note, sources);
      known = { ...next, time: Math.max(next.time, floor) };
    },
    learn(skew) {
      known = { ...look(), told: sources.now() - skew };
      learned = skew;
    },
    skew: () => learned,
    note: look,
  };
}

/** How far the wall is ahead of rotation time, in whole seconds: the two clocks are read one after the other, and what is shown must not flicker. ms */
export function aheadOf({ wall, time }: Pick<ClockNote, "wall" | "time">): number {
  return Math.round((wall - time) / 1_000) * 1_000;
}

/** The present moment on the wall clock that all reports are told by, ms since 1970: this machine's, or that of the database that its fleet has in common. */
export function presentAt({ now, wallAt }: Pick<RotationClock, "now" | "wallAt">): number {
  return wallAt(now());
}

/** What is known now, after an earlier look. Pure in the sources' answers. */
export function advance(last: ClockNote | undefined, sources: ClockSources): ClockNote {
  const seen = { wall: sources.now(), uptime: sources.uptime(), bootId: sources.bootId };
  if (last === undefined || last.bootId === "") return { ...seen, time: seen.wall, told: seen.wall };
  const before = {
    ...(last.unsureBefore !== undefined && { unsureBefore: last.unsureBefore }),
    ...(last.brokenAt !== undefined && { brokenAt: last.brokenAt }),
  };
  if (last.bootId === seen.bootId) {
    const isSame = last.uptime === seen.uptime && last.wall === seen.wall && last.told <= seen.wall;
    if (isSame) return last;
    const byUptime = Math.max(seen.uptime - last.uptime, 0);
    const byWall = seen.wall - last.wall;
    const paused = byWall > byUptime + leap;
    const time = last.time + Math.max(byUptime, paused ? byWall : 0);
    const told = Math.min(seen.wall, last.told + byUptime);
    return { ...seen, ...before, time, told, ...(paused && { brokenAt: time }) };
  }
  const byOther = last.bootId === databaseBoot || seen.bootId === databaseBoot;
  // Our skew may be gone by now or not: whichever makes more time pass.
  const base = Math.min(last.told, last.wall);
  // The database is no earlier boot of this machine, nor the other way round: what has passed since this one was started says nothing.
  const time = last.time + Math.max(seen.wall - base, byOther ? 0 : seen.uptime, 0);
  // By the clocks this boot began before the last look: one of them lied, and nobody can tell how old anything is.
  const lied = !byOther && seen.wall - seen.uptime < base - tolerance;
  if (seen.bootId === databaseBoot) return { ...seen, ...before, time, told: seen.wall };
  return { ...seen, ...before, time, told: seen.wall, brokenAt: time, ...(lied && { unsureBefore: time }) };
}
