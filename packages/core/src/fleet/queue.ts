/** pg-boss as alarm clock and death certificate: one job for each bundle that is claimed together. Who may write is decided by the claim in the rotation's row. */
import { dbOf, queueOf, requestsOf, startPrepared, stopBoss } from "./boss.ts";
import type { Database, Row, Sql } from "./database.ts";
import { notPrepared } from "./database-error.ts";
import { markOf, priorityOf } from "./priority.ts";
import { createRequests, type Requests } from "./requests.ts";
import type { Schemas } from "./schema.ts";

/** A job that this process has taken. Its count tells it from the same job taken later by another. */
export interface TakenJob {
  readonly id: string;
  readonly retryCount: number;
  /** Which bundle. */
  readonly key: string;
  /** pg-boss's name of the queue that it is in. */
  readonly queue: string;
}

/** A job that is somebody's. */
export interface HeldJob extends TakenJob {
  readonly holder: string;
}

/** When a bundle is due next, rotation time in ms. */
export interface Due {
  readonly key: string;
  readonly at: number;
}

/** The queues of one spec, one for each label. What gets `sql` is part of its transaction. */
export interface Queue {
  /** Is there any? Costs less than to take none. */
  readonly isDue: (sql: Sql, now: number) => Promise<boolean>;
  /** Which bundles are somebody's who lives. */
  readonly held: (sql: Sql, keys: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Which of these have no job at all. */
  readonly lacking: (sql: Sql, keys: readonly string[]) => Promise<readonly string[]>;
  /** The most urgent of those that are due at `now`, rotation time, and that this process serves. */
  readonly takeDue: (sql: Sql, now: number, most: number) => Promise<readonly TakenJob[]>;
  /** That of one bundle, due or not; undefined: another process has it. */
  readonly takeOne: (sql: Sql, key: string) => Promise<TakenJob | undefined>;
  /** Ends jobs and puts in those that follow. A job that was lost meanwhile, and taken by nobody yet, follows itself. */
  readonly replace: (sql: Sql, ended: readonly TakenJob[], next: readonly Due[]) => Promise<void>;
  /** Puts in what has no job. */
  readonly add: (sql: Sql, due: readonly Due[]) => Promise<void>;
  /** How many there are, of all labels. */
  readonly count: (sql: Sql) => Promise<number>;
  /** Drops the waiting jobs of all other bundles, and those that wait in the queue of another label. */
  readonly keepOnly: (sql: Sql, keys: readonly string[]) => Promise<void>;
  /** Says that this process lives; gives the ids of the jobs that are still its own. */
  readonly touch: (jobs: readonly TakenJob[]) => Promise<ReadonlySet<string>>;
  /** Jobs whose process has not said so for too long. */
  readonly lapsed: () => Promise<readonly TakenJob[]>;
  /** Jobs that are somebody's, with what their holder says of itself. */
  readonly holders: () => Promise<readonly HeldJob[]>;
  /** Frees them for others. */
  readonly free: (jobs: readonly TakenJob[]) => Promise<void>;
  /** What machines ask each other. */
  readonly requests: Requests;
  readonly close: () => Promise<void>;
}

/** Its process has said within that time that it lives. */
const alive = "(heartbeat_on + heartbeat_seconds * interval '1 s' >= now())";

/** Of priorities, and how many at most. */
interface Range {
  readonly minPriority: number;
  readonly maxPriority?: number;
  readonly batchSize: number;
}

/** Which queues, and how they are reached. */
export interface QueueOptions {
  readonly schemas: Schemas;
  readonly spec: string;
  /** 0 ≤ x < 1 */
  readonly random: () => number;
  /** A connection of its own for signs of life: no work of this process comes before them. */
  readonly beats: Database;
  /** Whose queue a bundle is in. */
  readonly labelOf: (key: string) => string;
  /** Those whose queues this process takes from. */
  readonly labels: readonly string[];
}

/** The queues of a spec that were prepared. Throws EngineError `ROTATE_STATE_UNPREPARED` when one was not, or for another version of pg-boss. */
export async function openQueue(database: Database, options: QueueOptions): Promise<Queue> {
  const { schemas, spec, random, beats, labelOf, labels } = options;
  const boss = await startPrepared(database, schemas);
  const serving = labels.map((label) => queueOf(spec, label));
  const all = await queuesOf(database, schemas, spec);
  if (serving.some((name) => !all.includes(name))) {
    await stopBoss(boss);
    throw notPrepared(database.place);
  }
  const jobs = `${schemas.boss}.job`;

  function queueFor(key: string): string {
    return queueOf(spec, labelOf(key));
  }

  async function fetch(sql: Sql, name: string, range: Range) {
    const found = await boss.fetch(name, { includeMetadata: true, ignoreStartAfter: true, ...range, db: dbOf(sql) });
    return found.map(({ id, retryCount, singletonKey }) => ({ id, retryCount, key: singletonKey ?? "", queue: name }));
  }

  async function add(sql: Sql, due: readonly Due[]): Promise<number> {
    let made = 0;
    for (const [name, some] of Map.groupBy(due, ({ key }) => queueFor(key)))
      made += (await boss.insert(name, some.map(jobOf), { db: dbOf(sql), returnId: true }))?.length ?? 0;
    return made;
  }

  return {
    ...looksInto(jobs, { all, queueFor }),
    async isDue(sql, now) {
      for (const name of serving) if (await isDueIn(sql, { jobs, name, now })) return true;
      return false;
    },
    async takeDue(sql, now, most) {
      const taken: TakenJob[] = [];
      for (const name of serving)
        if (taken.length < most)
          taken.push(...(await fetch(sql, name, { minPriority: priorityOf(now), batchSize: most - taken.length })));
      return taken;
    },
    async takeOne(sql, key) {
      const mark = markOf(random());
      const name = queueFor(key);
      const { updated } = await boss.update(name, undefined, { singletonKey: key, priority: mark, db: dbOf(sql) });
      if (updated === 0) return undefined;
      const [job] = await fetch(sql, name, { minPriority: mark, maxPriority: mark, batchSize: 1 });
      return job;
    },
    async replace(sql, ended, next) {
      const db = dbOf(sql);
      const settled = await eachQueue(ended, (name, some) => boss.deleteJob(name, some.map(attemptOf), { db }));
      const lapsed = new Set(ended.filter(({ id }) => !settled.has(id)).map(({ key }) => key));
      const from = new Map(ended.map(({ key, queue }) => [key, queue]));
      const following = next.filter(({ key }) => !lapsed.has(key));
      // What has another label now may have its job there already.
      const own = following.filter(({ key }) => from.get(key) === queueFor(key));
      if ((await add(sql, own)) !== own.length) throw new Error("a rotation's next job is there already");
      await add(
        sql,
        following.filter((due) => !own.includes(due)),
      );
      for (const { key, at } of next.filter((due) => lapsed.has(due.key)))
        await boss.update(queueFor(key), undefined, { singletonKey: key, priority: priorityOf(at), db });
    },
    add: async (sql, due) => void (await add(sql, due)),
    touch: (taken) => eachQueue(taken, (name, some) => boss.touch(name, some.map(attemptOf), { db: dbOf(beats) })),
    lapsed: () => lapsedIn(beats, jobs, all),
    holders: () => holdersIn(database, { jobs, all, spec, own: schemas.own }),
    async free(taken) {
      await eachQueue(taken, (name, some) => boss.fail(name, some.map(attemptOf), null, { db: dbOf(beats) }));
    },
    requests: createRequests(boss, { database, spec, jobs }),
    close: () => stopBoss(boss),
  };
}

/** Those of all labels. */
async function queuesOf({ query }: Sql, { boss }: Schemas, spec: string): Promise<readonly string[]> {
  const rows = await query(`select name from ${boss}.queue where starts_with(name, $1) and name <> $2`, [
    queueOf(spec, ""),
    requestsOf(spec),
  ]);
  return rows.map(({ name }) => String(name));
}

async function isDueIn(
  { query }: Sql,
  { jobs, name, now }: { readonly jobs: string; readonly name: string; readonly now: number },
): Promise<boolean> {
  const rows = await query(
    `select from ${jobs} where name = $1 and state < 'active' and not blocked and priority >= $2 limit 1`,
    [name, priorityOf(now)],
  );
  return rows.length > 0;
}

async function lapsedIn({ query }: Sql, jobs: string, all: readonly string[]): Promise<readonly TakenJob[]> {
  const rows = await query(
    `select id, retry_count, singleton_key, name from ${jobs} where name = any ($1) and state = 'active' and not ${alive} limit 1000`,
    [all],
  );
  return rows.map(takenIn);
}

/** A job and the row of its key that were taken in one transaction have one time: whoever took that row has the job. */
async function holdersIn(
  { query }: Sql,
  {
    jobs,
    all,
    spec,
    own,
  }: { readonly jobs: string; readonly all: readonly string[]; readonly spec: string; readonly own: string },
): Promise<readonly HeldJob[]> {
  const rows = await query(
    `select j.id, j.retry_count, j.singleton_key, j.name, r.holder from ${jobs} j
       join ${own}.rotation r on r.spec = $2 and r.name = j.singleton_key and r.claimed_at = j.started_on
     where j.name = any ($1) and j.state = 'active' and r.claim is not null`,
    [all, spec],
  );
  return rows.map((row) => ({ ...takenIn(row), holder: String(row["holder"]) }));
}

function takenIn(row: Row): TakenJob {
  return {
    id: String(row["id"]),
    retryCount: Number(row["retry_count"]),
    key: String(row["singleton_key"]),
    queue: String(row["name"]),
  };
}

/** What asks its table for no job. */
function looksInto(
  jobs: string,
  { all, queueFor }: { readonly all: readonly string[]; readonly queueFor: (key: string) => string },
): Pick<Queue, "held" | "lacking" | "count" | "keepOnly"> {
  return {
    async held({ query }, keys) {
      const rows = await query(
        `select singleton_key as key from ${jobs} where name = any ($1) and singleton_key = any ($2) and state = 'active' and ${alive}`,
        [[...new Set(keys.map(queueFor))], keys],
      );
      return new Set(rows.map(({ key }) => String(key)));
    },
    async lacking({ query }, keys) {
      const rows = await query(
        `select key from unnest($1::text[], $2::text[]) as asked (name, key)
         where not exists (select from ${jobs} j where j.name = asked.name and singleton_key = asked.key and state <= 'active')`,
        [keys.map(queueFor), keys],
      );
      return rows.map(({ key }) => String(key));
    },
    async count({ query }) {
      const rows = await query(`select count(*) as count from ${jobs} where name = any ($1) and state <= 'active'`, [
        all,
      ]);
      return Number(rows[0]?.["count"]);
    },
    async keepOnly({ query }, keys) {
      const kept = Map.groupBy(keys, queueFor);
      for (const name of all)
        await query(`delete from ${jobs} where name = $1 and state < 'active' and singleton_key <> all ($2)`, [
          name,
          kept.get(name) ?? [],
        ]);
    },
  };
}

/** By id and count: the same job taken by another since is not touched. Gives the ids of those that were. */
async function eachQueue(
  taken: readonly TakenJob[],
  work: (name: string, some: readonly TakenJob[]) => Promise<object>,
): Promise<ReadonlySet<string>> {
  const settled = new Set<string>();
  for (const [name, some] of Map.groupBy(taken, ({ queue }) => queue)) {
    const answer = (await work(name, some)) as { readonly settled?: readonly string[] };
    for (const id of answer.settled ?? []) settled.add(id);
  }
  return settled;
}

function attemptOf({ id, retryCount }: TakenJob): { id: string; retryCount: number } {
  return { id, retryCount };
}

/** The time in the job is for people: what is fetched goes by the priority. */
function jobOf({ key, at }: Due): { singletonKey: string; priority: number; startAfter?: Date } {
  const isDate = at > 0 && at < 8e15;
  return { singletonKey: key, priority: priorityOf(at), ...(isDate && { startAfter: new Date(at) }) };
}
