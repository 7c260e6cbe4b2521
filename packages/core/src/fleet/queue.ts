/** pg-boss as alarm clock and death certificate: one job for each bundle that is claimed together. Who may write is decided by the claim in the rotation's row. */
import type { PgBoss } from "pg-boss";
import type { Database, Sql } from "./database.ts";
import { notPrepared } from "./database-error.ts";
import { markOf, priorityOf } from "./priority.ts";
import type { Schemas } from "./schema.ts";

/** A job that this process has taken. Its count tells it from the same job taken later by another. */
export interface TakenJob {
  readonly id: string;
  readonly retryCount: number;
  /** Which bundle. */
  readonly key: string;
}

/** When a bundle is due next, rotation time in ms. */
export interface Due {
  readonly key: string;
  readonly at: number;
}

/** The queue of one spec. What gets `sql` is part of its transaction. */
export interface Queue {
  /** Is there any? Costs less than to take none. */
  readonly isDue: (sql: Sql, now: number) => Promise<boolean>;
  /** Which bundles are somebody's who lives. */
  readonly held: (sql: Sql, keys: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Which of these have no job at all. */
  readonly lacking: (sql: Sql, keys: readonly string[]) => Promise<readonly string[]>;
  /** The most urgent of those that are due at `now`, rotation time. */
  readonly takeDue: (sql: Sql, now: number, most: number) => Promise<readonly TakenJob[]>;
  /** That of one bundle, due or not; undefined: another process has it. */
  readonly takeOne: (sql: Sql, key: string) => Promise<TakenJob | undefined>;
  /** Ends jobs and puts in those that follow. A job that was lost meanwhile, and taken by nobody yet, follows itself. */
  readonly replace: (sql: Sql, ended: readonly TakenJob[], next: readonly Due[]) => Promise<void>;
  /** Puts in what has no job. */
  readonly add: (sql: Sql, due: readonly Due[]) => Promise<void>;
  /** Drops the waiting jobs of all other bundles. */
  readonly keepOnly: (sql: Sql, keys: readonly string[]) => Promise<void>;
  /** Says that this process lives; gives the ids of the jobs that are still its own. */
  readonly touch: (jobs: readonly TakenJob[]) => Promise<ReadonlySet<string>>;
  /** Jobs whose process has not said so for too long. */
  readonly lapsed: () => Promise<readonly TakenJob[]>;
  /** Frees them for others. */
  readonly free: (jobs: readonly TakenJob[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Seconds without a sign of life after which a job is another's; the least that pg-boss takes. */
export const heartbeatSeconds = 10;

/** Its process has said within that time that it lives. */
const alive = "(heartbeat_on + heartbeat_seconds * interval '1 s' >= now())";

const years = 315_360_000;

/** Nobody but the holder ends a job, none is dropped for its age, and pg-boss warns of no length. */
const queueOptions = {
  policy: "exclusive",
  retryLimit: 2_000_000_000,
  retryDelay: 0,
  retryBackoff: false,
  heartbeatSeconds,
  expireInSeconds: 86_399,
  retentionSeconds: years,
  deleteAfterSeconds: 60,
  warningQueueSize: 2_000_000_000,
} as const;

/** pg-boss with none of its own timers: its supervision takes claims from the living after an outage. */
async function startBoss(database: Database, { boss: schema }: Schemas, migrate: boolean): Promise<PgBoss> {
  const { PgBoss: Boss } = await import("pg-boss");
  const boss = new Boss({
    db: { executeSql: (text: string, values?: unknown[]) => database.executeSql(text, values) },
    schema,
    migrate,
    createSchema: migrate,
    supervise: false,
    schedule: false,
    registerInstance: false,
    reindex: false,
  });
  boss.on("error", () => undefined); // the caller of each statement is told
  await boss.start();
  return boss;
}

/** Makes pg-boss's tables, or brings them to the version of this one, and the queue of a spec. For the owner of the schemas. */
export async function prepareQueue(database: Database, schemas: Schemas, spec: string): Promise<void> {
  const boss = await startBoss(database, schemas, true);
  try {
    if ((await boss.getQueue(queueOf(spec))) === null) await boss.createQueue(queueOf(spec), queueOptions);
  } finally {
    await boss.stop({ graceful: false, close: false });
  }
}

function queueOf(spec: string): string {
  return `${spec}/default`;
}

/** Which queue, and how it is reached. */
export interface QueueOptions {
  readonly schemas: Schemas;
  readonly spec: string;
  /** 0 ≤ x < 1 */
  readonly random: () => number;
  /** A connection of its own for signs of life: no work of this process comes before them. */
  readonly beats: Database;
}

/** The queue of a spec that was prepared. Throws EngineError `ROTATE_STATE_UNPREPARED` when it was not, or for another version of pg-boss. */
export async function openQueue(database: Database, { schemas, spec, random, beats }: QueueOptions): Promise<Queue> {
  const name = queueOf(spec);
  const boss = await startBoss(database, schemas, false).catch((error: unknown) => {
    throw (error as { readonly code?: unknown }).code === undefined ? notPrepared(database.place, error) : error;
  });
  if ((await boss.getQueue(name)) === null) {
    await boss.stop({ graceful: false, close: false });
    throw notPrepared(database.place);
  }
  const jobs = `${schemas.boss}.job`;

  async function fetch(sql: Sql, range: object, batchSize: number): Promise<readonly TakenJob[]> {
    const found = await boss.fetch(name, {
      batchSize,
      includeMetadata: true,
      ignoreStartAfter: true,
      ...range,
      db: dbOf(sql),
    });
    return found.map(({ id, retryCount, singletonKey }) => ({ id, retryCount, key: singletonKey ?? "" }));
  }

  async function add(sql: Sql, due: readonly Due[], { all }: { readonly all: boolean }): Promise<void> {
    if (due.length === 0) return;
    const made = await boss.insert(name, due.map(jobOf), { db: dbOf(sql), returnId: true });
    if (all && (made?.length ?? 0) !== due.length) throw new Error("a rotation's next job is there already");
  }

  return {
    ...looksInto(jobs, name),
    takeDue: (sql, now, most) => fetch(sql, { minPriority: priorityOf(now) }, most),
    async takeOne(sql, key) {
      const mark = markOf(random());
      const { updated } = await boss.update(name, undefined, { singletonKey: key, priority: mark, db: dbOf(sql) });
      if (updated === 0) return undefined;
      const [job] = await fetch(sql, { minPriority: mark, maxPriority: mark }, 1);
      return job;
    },
    async replace(sql, ended, next) {
      const db = dbOf(sql);
      const settled = await endJobs(boss, name, { db, ended });
      const lapsed = new Set(ended.filter(({ id }) => !settled.has(id)).map(({ key }) => key));
      await add(
        sql,
        next.filter(({ key }) => !lapsed.has(key)),
        { all: true },
      );
      for (const { key, at } of next.filter((due) => lapsed.has(due.key)))
        await boss.update(name, undefined, { singletonKey: key, priority: priorityOf(at), db });
    },
    add: (sql, due) => add(sql, due, { all: false }),
    async touch(taken) {
      return settledOf(await boss.touch(name, taken.map(attemptOf), { db: dbOf(beats) }));
    },
    async lapsed() {
      const rows = await beats.query(
        `select id, retry_count, singleton_key from ${jobs} where name = $1 and state = 'active' and not ${alive} limit 1000`,
        [name],
      );
      return rows.map((row) => ({
        id: String(row["id"]),
        retryCount: Number(row["retry_count"]),
        key: String(row["singleton_key"]),
      }));
    },
    async free(taken) {
      await boss.fail(name, taken.map(attemptOf), null, { db: dbOf(beats) });
    },
    close: () => boss.stop({ graceful: false, close: false }),
  };
}

/** What asks its table for no job. */
function looksInto(jobs: string, name: string): Pick<Queue, "isDue" | "held" | "lacking" | "keepOnly"> {
  return {
    async isDue({ query }, now) {
      const rows = await query(
        `select from ${jobs} where name = $1 and state < 'active' and not blocked and priority >= $2 limit 1`,
        [name, priorityOf(now)],
      );
      return rows.length > 0;
    },
    async held({ query }, keys) {
      const rows = await query(
        `select singleton_key as key from ${jobs} where name = $1 and singleton_key = any ($2) and state = 'active' and ${alive}`,
        [name, keys],
      );
      return new Set(rows.map(({ key }) => String(key)));
    },
    async lacking({ query }, keys) {
      const rows = await query(
        `select key from unnest($2::text[]) as asked (key)
         where not exists (select from ${jobs} where name = $1 and singleton_key = asked.key and state <= 'active')`,
        [name, keys],
      );
      return rows.map(({ key }) => String(key));
    },
    async keepOnly({ query }, keys) {
      await query(`delete from ${jobs} where name = $1 and state < 'active' and singleton_key <> all ($2::text[])`, [
        name,
        keys,
      ]);
    },
  };
}

/** By id and count: the same job taken by another since is not ended. Gives the ids of those that were. */
async function endJobs(
  boss: PgBoss,
  name: string,
  { db, ended }: { readonly db: ReturnType<typeof dbOf>; readonly ended: readonly TakenJob[] },
): Promise<ReadonlySet<string>> {
  return ended.length === 0 ? new Set() : settledOf(await boss.deleteJob(name, ended.map(attemptOf), { db }));
}

function settledOf(answer: object): ReadonlySet<string> {
  return new Set((answer as { readonly settled?: readonly string[] }).settled ?? []);
}

function attemptOf({ id, retryCount }: TakenJob): { id: string; retryCount: number } {
  return { id, retryCount };
}

/** The time in the job is for people: what is fetched goes by the priority. */
function jobOf({ key, at }: Due): { singletonKey: string; priority: number; startAfter?: Date } {
  const isDate = at > 0 && at < 8e15;
  return { singletonKey: key, priority: priorityOf(at), ...(isDate && { startAfter: new Date(at) }) };
}

function dbOf({ executeSql }: Sql): { executeSql: (text: string, values?: unknown[]) => Promise<{ rows: unknown[] }> } {
  return { executeSql: (text, values) => executeSql(text, values) };
}
