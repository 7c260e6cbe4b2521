/** A PostgreSQL that keeps what it says it keeps, with a state of many rotations in it, and processes that work on it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startPostgres, type Postgres } from "@rotate/doubles";
import { Secret } from "@rotate/plugin-kit";
import type { Client } from "pg";
import { prepareQueues, queueOf, startPrepared, stopBoss } from "../../packages/core/src/fleet/boss.ts";
import { openDatabase, type Database } from "../../packages/core/src/fleet/database.ts";
import { priorityOf } from "../../packages/core/src/fleet/priority.ts";
import { schemasOf, tablesOf } from "../../packages/core/src/fleet/schema.ts";
import { statOf } from "./cost.ts";
import { idleQueue, schema, type WorkerOptions } from "./shared-worker.ts";

/** What a worker said, and when: ms since 1970. */
export interface Said {
  readonly at: number;
  readonly ready?: boolean;
  /** Which rotations it claimed. */
  readonly took?: readonly string[];
  /** How many it has settled. */
  readonly done?: number;
}

export interface Worker {
  readonly process: ChildProcess;
  readonly said: readonly Said[];
  /** Resolves with the first that it said, or says, that is like this. */
  readonly heard: (like: (said: Said) => boolean) => Promise<Said>;
  readonly end: () => Promise<void>;
}

export interface Ground {
  readonly url: string;
  readonly spec: string;
  /** Puts in so many rotations, due in one or two hours. */
  readonly seed: (count: number) => Promise<void>;
  /** Those of these numbers are due then: ms since 1970. */
  readonly makeDue: (from: number, to: number, due: (at: number) => number) => Promise<void>;
  /** Puts in jobs that do nothing. */
  readonly seedIdle: (count: number) => Promise<void>;
  readonly start: (options: Omit<WorkerOptions, "url" | "spec">) => Worker;
  readonly sql: Client;
  /** Seconds of CPU that the server has used. Linux only. */
  readonly spent: () => number;
  readonly close: () => Promise<void>;
}

const spec = "bench";
const some = 5_000;
const hour = 3_600_000;
const settings = [
  "fsync=on",
  "synchronous_commit=on",
  "full_page_writes=on",
  "max_connections=100",
  "max_wal_size=4GB",
];

function startWorker(options: WorkerOptions): Worker {
  const script = join(import.meta.dirname, "shared-worker.ts");
  const argv = ["--conditions=rotate:src", script, JSON.stringify(options)];
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
  const said: Said[] = [];
  const waiting = new Set<(one: Said) => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const one = JSON.parse(line) as Said;
    said.push(one);
    for (const wait of waiting) wait(one);
  });
  return {
    process: child,
    said,
    async heard(like) {
      const { promise, resolve, reject } = Promise.withResolvers<Said>();
      const wait = (one: Said): void => void (like(one) && resolve(one));
      const gone = (): void => reject(new Error(`a worker ended with ${child.exitCode}`));
      waiting.add(wait);
      child.once("exit", gone);
      said.forEach(wait);
      try {
        return await promise;
      } finally {
        waiting.delete(wait);
        child.off("exit", gone);
      }
    },
    async end() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

function duesOf(from: number, to: number, dueOf: (at: number) => number) {
  return Array.from({ length: to - from }, (_, nth) => ({ name: `r${from + nth}`, due: dueOf(from + nth) }));
}

async function prepare(database: Database): Promise<void> {
  await database.query(tablesOf(schemasOf(schema)));
  await prepareQueues(database, schemasOf(schema), { spec });
  const boss = await startPrepared(database, schemasOf(schema));
  await boss.createQueue(idleQueue, { deleteAfterSeconds: 60, warningQueueSize: 2_000_000_000 });
  await stopBoss(boss);
}

/** Starts it, empty. */
export async function createGround(): Promise<Ground> {
  const postgres = await startPostgres({ settings });
  const url = `postgres://${postgres.superuser}:${postgres.password}@${postgres.host}:${postgres.port}/postgres`;
  const database = await openDatabase({ url: async () => new Secret(url), name: "bench", most: 2 });
  await prepare(database);
  const boss = await startPrepared(database, schemasOf(schema));
  const sql = await postgres.connect();
  return {
    url,
    spec,
    sql,
    async seed(count) {
      for (let at = 0; at < count; at += some) {
        const rows = duesOf(at, Math.min(at + some, count), () => Date.now() + hour + Math.random() * hour);
        await sql.query(
          `insert into ${schema}.rotation (spec, name, due) select $1, i.name, i.due from unnest($2::text[], $3::float8[]) as i (name, due)`,
          [spec, rows.map(({ name }) => name), rows.map(({ due }) => due)],
        );
        await boss.insert(
          queueOf(spec, "default"),
          rows.map(({ name, due }) => ({ singletonKey: name, priority: priorityOf(due), startAfter: new Date(due) })),
        );
      }
      await sql.query("vacuum analyze");
    },
    async makeDue(from, to, dueOf) {
      const rows = duesOf(from, to, dueOf);
      const [names, dues] = [rows.map(({ name }) => name), rows.map(({ due }) => due)];
      await sql.query(
        `update ${schema}.rotation r set due = i.due from unnest($2::text[], $3::float8[]) as i (name, due) where r.spec = $1 and r.name = i.name`,
        [spec, names, dues],
      );
      await sql.query(
        `update ${schemasOf(schema).boss}.job j set priority = i.priority from unnest($2::text[], $3::int[]) as i (name, priority)
         where j.name = $1 and j.singleton_key = i.name`,
        [queueOf(spec, "default"), names, dues.map(priorityOf)],
      );
      await sql.query("analyze");
    },
    async seedIdle(count) {
      for (let at = 0; at < count; at += some)
        await boss.insert(
          idleQueue,
          Array.from({ length: Math.min(some, count - at) }, () => ({})),
        );
      await sql.query("analyze");
    },
    start: (options) => startWorker({ ...options, url, spec }),
    spent: () => spentBy(postgres),
    async close() {
      await sql.end();
      await stopBoss(boss);
      await database.close();
      await postgres.close();
    },
  };
}

/** Its own, of those that it waited for, and of those that live. */
function spentBy({ socketDirectory }: Postgres): number {
  const server = readFileSync(join(socketDirectory, "data", "postmaster.pid"), "utf8").split("\n")[0]!;
  const children = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && fieldsOf(pid)[1] === server);
  const ticks = [server, ...children].flatMap((pid) => fieldsOf(pid).slice(11, 15).map(Number));
  return ticks.reduce((sum, each) => sum + each, 0) / 100;
}

/** Of its `stat`, what stands behind its name; empty when it is gone. */
function fieldsOf(pid: string): readonly string[] {
  try {
    return statOf(pid);
  } catch {
    return [];
  }
}
