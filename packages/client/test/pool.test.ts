/** node-postgres with a password that is asked for at each connection, on a real server. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtins } from "@rotate/builtins";
import { createCatalog } from "@rotate/core";
import { postgresUnavailable, skippedWithout, startPostgres } from "@rotate/doubles";
import { openTestEndpoint } from "@rotate/testkit";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { openCredentials } from "../src/index.ts";

const lacking = postgresUnavailable();
const endpoint = await createCatalog(builtins).find("endpoints", "http");
const [first, second] = ["first-secret-1", "second-secret-2"];

function credential(password: string) {
  return { fields: { username: "app", password } };
}

test.skipIf(lacking !== undefined)(
  `a pool logs in with the new password at its next connection, and its open ones go on${skippedWithout(lacking === undefined ? "" : undefined, lacking ?? "")}`,
  async () => {
    const postgres = await startPostgres();
    onTestFinished(() => postgres.close());
    await postgres.createRole("app", { password: first });
    const directory = mkdtempSync(join(tmpdir(), "rotate-pool-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const socket = join(directory, "s");
    const watch = await openTestEndpoint(endpoint!, { socket, given: { ...credential(first), life: 3_600_000 } });
    onTestFinished(() => watch.close(AbortSignal.abort()));
    const { password, close } = openCredentials({ name: "app", socket });
    onTestFinished(close);
    const { host, port } = postgres;
    const pool = new pg.Pool({ host, port, database: "postgres", user: "app", password, max: 2 });
    onTestFinished(() => pool.end());

    const open = await pool.connect();
    const admin = await postgres.connect();
    await admin.query(`alter role app password '${second}'`);
    await admin.end();
    watch.give(credential(second));
    await expect.poll(password).toBe(second);
    const { rows } = await pool.query("select current_user as name");
    expect(rows).toEqual([{ name: "app" }]);
    expect((await open.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    open.release();
    await expect(
      new pg.Client({ host, port, database: "postgres", user: "app", password: first }).connect(),
    ).rejects.toMatchObject({ code: "28P01" });
  },
);
