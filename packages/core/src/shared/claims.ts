/** Claims over a database: the job says who may begin, a random id in the row who may write. */
import type { Runtime } from "@rotate/runtime";
import type { Claim, Claims } from "../backend/claim.ts";
import type { RotationClock } from "../schedule/clock.ts";
import type { Bundles } from "./bundles.ts";
import type { Database, Sql } from "./database.ts";
import { openClaim } from "./claim.ts";
import { createHold, type Hold } from "./hold.ts";
import type { Beats, Pulse } from "./pulse.ts";
import type { Queue, TakenJob } from "./queue.ts";
import { takeRows, type Rows, type TakenRow } from "./rows.ts";
import type { Writer } from "./writer.ts";

/** What the claims of one process are made of. */
export interface Ground extends Rows {
  readonly database: Database;
  readonly queue: Queue;
  readonly pulse: Pulse;
  readonly writer: Writer;
  readonly clock: RotationClock;
  readonly beats: Pick<Beats, "monotonic">;
  readonly runtime: Pick<Runtime, "monotonic" | "sleep">;
  /** For people: which process. */
  readonly holder: string;
  /** What is claimed together. */
  readonly bundles: () => Bundles;
  /** Throws EngineError `ROTATE_SPEC_OUTDATED` when the fleet works by another spec than this process. */
  readonly refuseOutdated: (sql: Sql) => Promise<void>;
}

/** Between two looks at what is due, ms. */
const poll = 1_000;

interface Taken {
  readonly job: TakenJob;
  readonly since: number;
  readonly rows: readonly TakenRow[];
}

/** Claims of this process, and what gives back those that it still has. */
export function createSharedClaims(ground: Ground): {
  readonly claims: Claims;
  readonly giveBack: () => Promise<void>;
} {
  const { database, queue, clock, runtime } = ground;
  const holds = new Map<string, Hold>();

  function hold({ job, since, rows }: Taken): readonly Claim[] {
    const made = createHold({ job, since }, ground, () => holds.get(job.key) === made && holds.delete(job.key));
    holds.set(job.key, made);
    for (const { rotation } of rows) made.enter(rotation);
    return rows.map((row) => openClaim(row, made, ground));
  }

  /** Rows are locked in the order of jobs that nobody else can take. */
  async function takeDue(most: number): Promise<readonly Claim[]> {
    if (!(await queue.isDue(database, clock.now()))) return [];
    const since = ground.beats.monotonic();
    const taken = await database.transaction(async (sql) => {
      await ground.refuseOutdated(sql);
      const jobs = await queue.takeDue(sql, clock.now(), most);
      const members = jobs.map(({ key }) => ground.bundles().members(key));
      const rows = new Map((await takeRows(sql, members.flat(), ground)).map((row) => [row.rotation, row]));
      return jobs.map((job, at) => ({ job, since, rows: members[at]!.map((name) => rows.get(name)!) }));
    });
    return taken.toSorted(earlierFirst).flatMap(hold);
  }

  async function takeOne(rotation: string): Promise<Claim | undefined> {
    const key = ground.bundles().keyOf(rotation);
    const ours = holds.get(key);
    if (ours !== undefined && !ours.isLost()) return join(rotation, ours);
    const since = ground.beats.monotonic();
    const taken = await database.transaction(async (sql) => {
      await ground.refuseOutdated(sql);
      const job = await jobOf(sql, key);
      return job && { job, since, rows: await takeRows(sql, [rotation], ground) };
    });
    return taken && hold(taken)[0];
  }

  /** Another of a bundle that this process has already. */
  async function join(rotation: string, ours: Hold): Promise<Claim | undefined> {
    if (!ours.enter(rotation)) return undefined;
    try {
      const [row] = await database.transaction((sql) => takeRows(sql, [rotation], ground));
      return openClaim(row!, ours, ground);
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

  const claims: Claims = {
    async due(limit, signal) {
      ground.pulse.sweep();
      while (!signal.aborted) {
        const claimed: Claim[] = [];
        for (let more: readonly Claim[] | undefined; claimed.length < limit && more?.length !== 0;)
          claimed.push(
            ...(more = await takeDue(Math.max(1, Math.floor((limit - claimed.length) / ground.bundles().largest)))),
          );
        if (claimed.length > 0) return claimed;
        await runtime.sleep(poll, signal).catch(() => undefined);
      }
      return [];
    },
    async byName(rotation, { wait = 0, signal, onWait } = {}) {
      const until = runtime.monotonic() + wait;
      for (let pause = 25; ; pause = Math.min(pause * 2, 500)) {
        const claim = await takeOne(rotation);
        if (claim) return claim;
        if (runtime.monotonic() + pause > until || signal?.aborted) return undefined;
        // Whoever has it may be dead, and nobody else there to find that out.
        ground.pulse.sweep();
        if (pause === 25) onWait?.();
        await runtime.sleep(pause, signal).catch(() => undefined);
      }
    },
    async busy(rotations) {
      const keys = rotations.map((rotation) => ground.bundles().keyOf(rotation));
      const held = await queue.held(database, keys);
      const rows = await database.query(
        `select name from ${ground.schemas.own}.rotation where spec = $1 and name = any ($2) and claim is not null`,
        [ground.spec, rotations],
      );
      const claimed = new Set(rows.map(({ name }) => String(name)));
      return new Set(rotations.filter((rotation, at) => claimed.has(rotation) && held.has(keys[at]!)));
    },
  };
  return {
    claims,
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
