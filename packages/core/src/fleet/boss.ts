/** pg-boss, and the queues of a spec in it. */
import type { PgBoss } from "pg-boss";
import type { Database, Sql } from "./database.ts";
import { notPrepared } from "./database-error.ts";
import type { Schemas } from "./schema.ts";

/** Seconds without a sign of life after which a job is another's; the least that pg-boss takes. */
export const heartbeatSeconds = 10;

/** Of rotations that name no label. */
export const defaultLabel = "default";

const years = 315_360_000;

/** Nobody but the holder ends a job, none is dropped for its age, and pg-boss warns of no length. */
const rotationQueue = {
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

/** A request is done once or not at all: who asked does not wait for a second try. */
const requestQueue = { policy: "standard", retryLimit: 0, expireInSeconds: 86_399, retentionSeconds: 86_400 } as const;

/** The queue of the rotations that need this label. */
export function queueOf(spec: string, label: string): string {
  return `${spec}/${label}`;
}

/** The queue of what one host asks of another. No label is called so. */
export function requestsOf(spec: string): string {
  return `${spec}/-hosts`;
}

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

/** Over tables that were prepared. Throws EngineError `ROTATE_STATE_UNPREPARED` where they were not, or are those of another pg-boss. */
export function startPrepared(database: Database, schemas: Schemas): Promise<PgBoss> {
  return startBoss(database, schemas, false).catch((error: unknown) => {
    throw (error as { readonly code?: unknown }).code === undefined ? notPrepared(database.place, error) : error;
  });
}

/** Ends it; what it has taken lapses. */
export function stopBoss(boss: PgBoss): Promise<void> {
  return boss.stop({ graceful: false, close: false });
}

/** Makes pg-boss's tables, or brings them to the version of this one, and the queues of a spec. For the owner of the schemas. */
export async function prepareQueues(
  database: Database,
  schemas: Schemas,
  { spec, labels = [] }: { readonly spec: string; readonly labels?: readonly string[] },
): Promise<void> {
  const boss = await startBoss(database, schemas, true);
  try {
    for (const label of new Set([defaultLabel, ...labels])) {
      const name = queueOf(spec, label);
      if ((await boss.getQueue(name)) === null) await boss.createQueue(name, rotationQueue);
    }
    if ((await boss.getQueue(requestsOf(spec))) === null) await boss.createQueue(requestsOf(spec), requestQueue);
  } finally {
    await stopBoss(boss);
  }
}

/** Refuses the tables of another pg-boss: workers of that one may be at work. Throws EngineError `ROTATE_STATE_UNPREPARED`. */
export async function refuseOtherBoss(database: Database, schemas: Schemas): Promise<void> {
  await stopBoss(await startPrepared(database, schemas));
}

/** The same as pg-boss calls it. */
export function dbOf({ executeSql }: Sql): {
  executeSql: (text: string, values?: unknown[]) => Promise<{ rows: unknown[] }>;
} {
  return { executeSql: (text, values) => executeSql(text, values) };
}
