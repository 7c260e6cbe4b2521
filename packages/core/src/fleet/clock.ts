/** Rotation time by the database's clock: the one that all hosts of a fleet have in common. */
import type { Runtime } from "@rotate/runtime";
import type { Sql } from "./database.ts";
import { createRotationClock, databaseBoot, type ClockNote, type RotationClock } from "../schedule/clock.ts";

/** A clock, and how it is told the time. */
export interface DatabaseClock {
  readonly clock: RotationClock;
  /** Asks the database. Until it answers again, time goes on by the monotonic clock of this machine. */
  readonly learn: () => Promise<void>;
}

/**
 * To all that use it the database is one machine that never boots. By the wall clock of this machine until the database was asked: what that showed is no floor for the
 * time that it tells, but what states say is. @param read the database's time, ms since 1970
 */
export function createDatabaseClock(
  read: () => Promise<number>,
  { now, monotonic }: Pick<Runtime, "now" | "monotonic">,
): DatabaseClock {
  let offset = now() - monotonic();
  const time = (): number => Math.floor(offset + monotonic());
  const sources = { now: time, uptime: time, bootId: databaseBoot };
  let clock = createRotationClock(sources);
  let isAsked = false;
  let floor: ClockNote | undefined;
  return {
    /** What it said is at least as old as the question: the end of a lease comes rather a little early. */
    async learn() {
      const before = monotonic();
      offset = (await read()) - before;
      if (isAsked) return;
      isAsked = true;
      clock = createRotationClock(sources);
      if (floor !== undefined) clock.observe(floor);
    },
    clock: {
      now: () => clock.now(),
      wallAt: (instant) => clock.wallAt(instant),
      note: () => clock.note(),
      skew: () => clock.skew(),
      observe(note) {
        if (floor === undefined || note.time > floor.time) floor = note;
        clock.observe(note);
      },
      // An issuer was compared with this machine's wall clock.
      learn: (skew) => clock.learn(skew + time() - now()),
    },
  };
}

/** The database's time, ms since 1970; within a transaction as well that of the moment. */
export async function timeIn({ query }: Sql): Promise<number> {
  const [row] = await query("select extract(epoch from clock_timestamp())::float8 * 1000 as now");
  return Number(row!["now"]);
}
