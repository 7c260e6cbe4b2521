/** Claims over a database: the job says who may begin, a random id in the row who may write. */
import { sleepOrWake } from "@rotate/runtime";
import { movedAway, type Claim, type ClaimOptions, type Claims } from "../backend/claim.ts";
import type { Sql } from "./database.ts";
import { openClaim } from "./claim.ts";
import type { Ground } from "./ground.ts";
import { createHold, type Hold } from "./hold.ts";
import type { TakenJob } from "./queue.ts";
import { statesIn, takeRows, type TakenRow } from "./rows.ts";

/** Between two looks at what is due, ms. */
const poll = 1_000;
/** Between two tries to get what another has, ms. */
const pauses = { first: 25, longest: 500 };

interface Taken {
  readonly job: TakenJob;
  /** Monotonic ms before it was taken. */
  readonly since: number;
  readonly rows: readonly TakenRow[];
}

/** How this process takes jobs, and what it has. */
interface Taker {
  /** Those that are due, at once; none when none is. */
  readonly due: (most: number) => Promise<readonly Claim[]>;
  /** At once; undefined when another has it. */
  readonly one: (rotation: string, how: Pick<ClaimOptions, "away">) => Promise<Claim | undefined>;
  readonly giveBack: () => Promise<void>;
}

/** Claims of this process, and what gives back those that it still has. */
export function createSharedClaims(ground: Ground): {
  readonly claims: Claims;
  readonly giveBack: () => Promise<void>;
} {
  const { database, queue, runtime, pulse, bundles } = ground;
  const taker = createTaker(ground);

  async function dueUpTo(limit: number): Promise<readonly Claim[]> {
    const claimed: Claim[] = [];
    while (claimed.length < limit) {
      const more = await taker.due(Math.max(1, Math.floor((limit - claimed.length) / bundles().largest)));
      if (more.length === 0) break;
      claimed.push(...more);
    }
    return claimed;
  }

  const claims: Claims = {
    async due(limit, signal) {
      pulse.sweep();
      while (!signal.aborted) {
        const claimed = await dueUpTo(limit);
        if (claimed.length > 0) return claimed;
        await sleepOrWake(runtime, poll, signal);
      }
      return [];
    },
    async byName(rotation, { wait = 0, signal, onWait, away = false } = {}) {
      const until = runtime.monotonic() + wait;
      for (let pause = pauses.first; ; pause = Math.min(pause * 2, pauses.longest)) {
        const claim = await taker.one(rotation, { away });
        if (claim) return claim;
        if (runtime.monotonic() + pause > until || signal?.aborted) return undefined;
        // Whoever has it may be dead, and nobody else there to find that out.
        pulse.sweep();
        if (pause === pauses.first) onWait?.();
        await sleepOrWake(runtime, pause, signal);
      }
    },
    async busy(rotations) {
      const keys = rotations.map((rotation) => bundles().keyOf(rotation));
      const held = await queue.held(database, keys);
      const rows = await database.query(
        `select name from ${ground.schemas.own}.rotation where spec = $1 and name = any ($2) and claim is not null`,
        [ground.spec, rotations],
      );
      const claimed = new Set(rows.map(({ name }) => String(name)));
      return new Set(rotations.filter((rotation, at) => claimed.has(rotation) && held.has(keys[at]!)));
    },
  };
  return { claims, giveBack: taker.giveBack };
}

function createTaker(ground: Ground): Taker {
  const { database, queue, clock, pulse, bundles } = ground;
  const holds = new Map<string, Hold>();
  /** Then there are likely more, and they need not be asked for. */
  let wasFull = false;

  function hold({ job, since, rows }: Taken): readonly Claim[] {
    const made = createHold({ job, since }, pulse, () => holds.get(job.key) === made && holds.delete(job.key));
    holds.set(job.key, made);
    for (const { rotation } of rows) made.enter(rotation);
    return rows.map((row) => openClaim(row, made, ground));
  }

  async function theRow(sql: Sql, rotation: string, { away = false }: Pick<ClaimOptions, "away">): Promise<TakenRow> {
    const [row] = await takeRows(sql, [rotation], { ...ground, away });
    if (row !== undefined) return row;
    const [known] = await statesIn(sql, ground, [rotation]);
    throw movedAway(rotation, known!.away!);
  }

  /** Another of a bundle that this process has already. */
  async function join(rotation: string, ours: Hold, how: Pick<ClaimOptions, "away">): Promise<Claim | undefined> {
    if (!ours.enter(rotation)) return undefined;
    try {
      return openClaim(await database.transaction((sql) => theRow(sql, rotation, how)), ours, ground);
    } catch (error) {
      ours.exit(rotation);
      throw error;
    }
  }

  async function jobOf(sql: Sql, key: string): Promise<TakenJob | undefined> {
    const found = await queue.takeOne(sql, key);
    if (found) return found;
    await queue.add(sql, [{ key, at: Infinity }]);
    return queue.takeOne(sql, key);
  }

  /** All of these are kept elsewhere. */
  async function rest(sql: Sql, idle: readonly Taken[]): Promise<void> {
    if (idle.length === 0) return;
    const ended = idle.map(({ job }) => job);
    await queue.replace(
      sql,
      ended,
      ended.map(({ key }) => ({ key, at: Infinity })),
    );
  }

  return {
    async due(most) {
      if (!wasFull && !(await queue.isDue(database, clock.now()))) return [];
      const since = ground.beats.monotonic();
      const taken = await database.transaction(async (sql) => {
        const jobs = await queue.takeDue(sql, clock.now(), most);
        const members = jobs.map(({ key }) => bundles().members(key));
        const rows = new Map((await takeRows(sql, members.flat(), ground)).map((row) => [row.rotation, row]));
        const all = jobs.map((job, at) => ({ job, since, rows: members[at]!.flatMap((name) => rows.get(name) ?? []) }));
        await rest(
          sql,
          all.filter((each) => each.rows.length === 0),
        );
        return all;
      });
      wasFull = taken.length === most;
      return taken
        .filter(({ rows }) => rows.length > 0)
        .toSorted(earlierFirst)
        .flatMap(hold);
    },
    async one(rotation, { away = false }) {
      const key = bundles().keyOf(rotation);
      const ours = holds.get(key);
      if (ours !== undefined && !ours.isLost()) return join(rotation, ours, { away });
      const since = ground.beats.monotonic();
      const taken = await database.transaction(async (sql) => {
        const job = await jobOf(sql, key);
        return job && { job, since, rows: [await theRow(sql, rotation, { away })] };
      });
      return taken && hold(taken)[0];
    },
    giveBack: async () => void (await Promise.allSettled([...holds.values()].map((each) => each.giveBack()))),
  };
}

/** Jobs are in order to the second. */
function earlierFirst(one: Taken, other: Taken): number {
  const [first, second] = [dueOf(one), dueOf(other)];
  return first === second ? (one.job.key < other.job.key ? -1 : 1) : first - second;
}

function dueOf({ rows }: Taken): number {
  return rows.reduce((first, { due }) => Math.min(first, due), Infinity);
}
