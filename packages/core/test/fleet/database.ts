/** A prepared PostgreSQL, and processes over it whose time the test turns. */
import { randomBytes } from "node:crypto";
import { startPostgres, type Postgres } from "@rotate/doubles";
import { Secret } from "@rotate/plugin-kit";
import { createRuntime } from "@rotate/runtime";
import { createFakeClock } from "@rotate/testkit";
import type { Backend } from "../../src/backend/backend.ts";
import { openDatabase } from "../../src/fleet/database.ts";
import { openSharedBackend, type SharedOptions } from "../../src/fleet/open-shared.ts";
import type { Beats } from "../../src/fleet/pulse.ts";
import { prepareQueues } from "../../src/fleet/boss.ts";
import { createKeyRing } from "../../src/fleet/key.ts";
import { grantsOf, schemasOf, tablesOf } from "../../src/fleet/schema.ts";

/** Signs of life that a process gives when the test says so. */
export interface Turned extends Beats {
  /** Lets so many seconds pass, with what happens in them. */
  readonly pass: (seconds: number) => Promise<void>;
}

export interface PreparedDatabase {
  readonly postgres: Postgres;
  /** A spec that nobody has used. */
  readonly newSpec: () => Promise<string>;
  readonly urlOf: (role?: string) => Secret;
  readonly open: (spec: string, options?: Partial<SharedOptions>) => Promise<Backend>;
  readonly sql: (text: string, values?: unknown[]) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  readonly close: () => Promise<void>;
}

export const rolePassword = "worker";
export const key = randomBytes(32);

/** Time stands still but for the test. */
export function createTurned(): Turned {
  const works = new Map<() => Promise<void>, { readonly every: number; last: number }>();
  let now = 0;
  return {
    monotonic: () => now,
    every(ms, work) {
      works.set(work, { every: ms, last: now });
      return () => works.delete(work);
    },
    async pass(seconds) {
      for (let second = 0; second < seconds; second++) {
        now += 1_000;
        for (const [work, each] of works) {
          if (now - each.last < each.every) continue;
          each.last = now;
          await work();
        }
      }
    },
  };
}

/** Starts a server, with the roles `worker` and `reader`. */
export async function prepareDatabase(): Promise<PreparedDatabase> {
  const postgres = await startPostgres();
  const { superuser, password, host, port } = postgres;
  for (const role of ["worker", "reader"]) await postgres.createRole(role, { password: rolePassword });
  const client = await postgres.connect();
  const schemas = schemasOf("rotate");
  let nth = 0;

  function urlOf(role = superuser): Secret {
    return new Secret(`postgres://${role}:${role === superuser ? password : rolePassword}@${host}:${port}/postgres`);
  }

  async function newSpec(): Promise<string> {
    const spec = `spec${nth++}`;
    const database = await openDatabase({ url: async () => urlOf(), name: "owner", most: 1 });
    await database.query(tablesOf(schemas));
    await prepareQueues(database, schemas, { spec, labels: ["eu"] });
    await database.query(grantsOf(schemas, { worker: "worker", reader: "reader" }));
    await database.close();
    return spec;
  }

  return {
    postgres,
    newSpec,
    urlOf,
    open(spec, options = {}) {
      const clock = createFakeClock({ autoAdvance: true });
      const runtime = createRuntime({ clock, env: {}, random: Math.random });
      const readTime = async (): Promise<number> => clock.now();
      return openSharedBackend({
        spec,
        url: async () => urlOf(),
        ring: createKeyRing(spec, [key]),
        schema: "rotate",
        runtime,
        holder: "test",
        readTime,
        ...options,
      });
    },
    sql: async (text, values) => (await client.query(text, values)).rows,
    async close() {
      await client.end();
      await postgres.close();
    },
  };
}
