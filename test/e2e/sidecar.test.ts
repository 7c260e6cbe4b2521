import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { postgresUnavailable, pythonProgram, skippedWithout } from "@rotate/doubles";
import { expect, onTestFinished, test } from "vitest";
import { startPoolLoad } from "./support/pool-load.ts";
import { startSidecarStage, until, type SidecarStage } from "./support/sidecar-stage.ts";

async function stage(): Promise<SidecarStage> {
  const directory = await mkdtemp(join(tmpdir(), "rotate-sidecar-"));
  const made = await startSidecarStage(directory);
  onTestFinished(async () => {
    await made.close();
    await rm(directory, { recursive: true });
  });
  return made;
}

test.skipIf(postgresUnavailable())(
  "an application with a pool goes through rotations without a failed query, a reload or a user left behind",
  async () => {
    const { address, rotate, users, status, endWatch } = await stage();
    const load = startPoolLoad(address, { clients: 4, uses: 15, pause: 10 });
    let reloads = 0;
    for (let round = 0; round < 3; round++) {
      const seen = load.figures().users.length;
      reloads += await rotate();
      await until(
        async () => load.figures().users.length > seen,
        () => JSON.stringify(load.figures()),
      );
    }
    await until(
      async () => (await users()).length === 1,
      () => "the earlier users are still there",
    );
    const { state, sessions, refusals } = await status();
    expect({ state, leases: sessions.length, refusals, reloads }).toEqual({
      state: "listening",
      leases: 1,
      refusals: [],
      reloads: 0,
    });
    const { queries, failures, messages, users: used } = await load.stop();
    expect([failures, [...messages.keys()]]).toEqual([0, []]);
    expect(queries).toBeGreaterThan(50);
    expect(used.length).toBeGreaterThanOrEqual(4);
    expect(await endWatch()).toBe(0);
  },
);

const python = pythonProgram("python3");
/** Each says under which user it worked. */
const pools = `
import asyncio, json, sys
host = sys.argv[1]
import psycopg_pool
with psycopg_pool.ConnectionPool(f"host={host} user=shop dbname=postgres", min_size=1, open=True) as pool, pool.connection() as one:
    by_psycopg = one.execute("select session_user::text").fetchone()[0]
from sqlalchemy import create_engine, text
with create_engine(f"postgresql+psycopg://shop@/postgres?host={host}").connect() as one:
    by_sqlalchemy = one.execute(text("select session_user::text")).scalar()
import asyncpg
async def ask():
    async with asyncpg.create_pool(host=host, user="shop", database="postgres", min_size=1) as pool:
        return await pool.fetchval("select session_user::text")
print(json.dumps([by_psycopg, by_sqlalchemy, asyncio.run(ask())]))
`;

test.skipIf(postgresUnavailable() !== undefined || python === undefined)(
  `pools of Python need nothing but the address of the sidecar${skippedWithout(python, "what PyPI has of them")}`,
  async () => {
    const { address, users, rotate } = await stage();
    const ask = async (): Promise<unknown> =>
      JSON.parse((await promisify(execFile)(python ?? "", ["-c", pools, address.host])).stdout);
    const [first] = await users();
    expect(await ask()).toEqual([first, first, first]);
    await rotate();
    const second = (await users()).find((name) => name !== first);
    expect(await ask()).toEqual([second, second, second]);
  },
);
