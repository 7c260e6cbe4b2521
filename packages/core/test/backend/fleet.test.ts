import { randomBytes } from "node:crypto";
import { postgresUnavailable, startPostgres, type Postgres } from "@rotate/doubles";
import { Secret } from "@rotate/plugin-kit";
import { createRuntime } from "@rotate/runtime";
import { createFakeClock } from "@rotate/testkit";
import { afterAll, beforeAll, describe } from "vitest";
import { openSharedBackend } from "../../src/fleet/open-shared.ts";
import { openDatabase } from "../../src/fleet/database.ts";
import { prepareQueues } from "../../src/fleet/boss.ts";
import { createKeyRing } from "../../src/fleet/key.ts";
import { schemasOf, tablesOf } from "../../src/fleet/schema.ts";
import { proveBackend, type Setting } from "./contract.ts";

let postgres: Postgres;
let nth = 0;

function urlOf({ superuser, password, host, port }: Postgres): Secret {
  return new Secret(`postgres://${superuser}:${password}@${host}:${port}/postgres`);
}

async function prepare(spec: string): Promise<void> {
  const database = await openDatabase({ url, name: "owner", most: 1 });
  await database.query(tablesOf(schemasOf("rotate")));
  await prepareQueues(database, schemasOf("rotate"), { spec });
  await database.close();
}

async function url(): Promise<Secret> {
  return urlOf(postgres);
}

async function sharedSetting(): Promise<Setting> {
  const clock = createFakeClock({ autoAdvance: true });
  const runtime = createRuntime({ clock, env: {}, random: Math.random });
  const spec = `test${nth++}`;
  await prepare(spec);
  const key = randomBytes(32);
  const readTime = async (): Promise<number> => clock.now();
  return {
    open: () =>
      openSharedBackend({
        spec,
        url,
        ring: createKeyRing(spec, [key]),
        schema: "rotate",
        runtime,
        holder: "test",
        readTime,
      }),
    async usurp(rotation) {
      const client = await postgres.connect();
      await client.query(
        "update rotate_boss.job set state = 'retry' where name = $1 and singleton_key = $2 and state = 'active'",
        [`${spec}/default`, rotation],
      );
      await client.end();
    },
    elapsed: clock.monotonic,
    end: async () => undefined,
  };
}

describe.skipIf(postgresUnavailable())("the backend of several machines", () => {
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(async () => postgres.close());
  proveBackend(sharedSetting);
});
