import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { postgresUnavailable, startPostgres, type Postgres } from "@rotate/doubles";
import { copyBinaries, findBinaries, serverUser } from "../src/postgres/binaries.ts";

const found = findBinaries();
const npmFolder = typeof found === "string" || found.bin.startsWith("/usr/") ? undefined : join(found.bin, "..");
const debianBin = ["18", "17", "16", "15"].map((version) => `/usr/lib/postgresql/${version}/bin`).find(existsSync);

describe.skipIf(postgresUnavailable())("a real PostgreSQL", () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.close());

  test("asks for passwords over TCP and stops taking one that was changed", async () => {
    const role = { user: `o'neil "x"`, password: `it's old` };
    await postgres.createRole(role.user, { password: role.password });
    const before = await postgres.connect(role);
    await before.query(`alter role current_user password 'new'`);
    await before.end();
    await expect(postgres.connect(role)).rejects.toMatchObject({ code: "28P01" });
    const after = await postgres.connect({ ...role, password: "new" });
    expect((await after.query("select current_user")).rows).toEqual([{ current_user: role.user }]);
    await after.end();
  });

  test("lets its owner in through the socket without a password", async () => {
    const client = await postgres.connect({ host: postgres.socketDirectory, password: "" });
    expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await client.end();
  });

  test("two servers stand side by side, and one leaves nothing behind when closed", async () => {
    const other = await startPostgres({ settings: ["max_connections=7"] });
    const client = await other.connect();
    expect((await client.query("show max_connections")).rows).toEqual([{ max_connections: "7" }]);
    await client.end();
    await other.close();
    expect(existsSync(other.socketDirectory)).toBe(false);
    await expect(dial(other.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("says in the server's words why it did not start, and cleans up", async () => {
    const settings = ["no_such_setting=1"];
    await expect(startPostgres({ settings })).rejects.toThrow('unrecognized configuration parameter "no_such_setting"');
  });

  test("dies with the process that started it, even by SIGKILL", async () => {
    const owner = fork(join(import.meta.dirname, "support/postgres-owner.ts"));
    const [{ socketDirectory, port }] = await once(owner, "message");
    await dial(port);
    owner.kill("SIGKILL");
    await vi.waitUntil(() => !existsSync(socketDirectory), { timeout: 10_000 });
    await expect(dial(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test.skipIf(npmFolder === undefined)("copies the programs when the checkout is closed to the server's user", () => {
    const base = mkdtempSync(join(tmpdir(), "rotate-bin-"));
    onTestFinished(() => rmSync(base, { recursive: true }));
    execFileSync("chmod", ["0755", base]);
    const bin = copyBinaries(npmFolder ?? "", base);
    expect(execFileSync(join(bin, "initdb"), ["--version"], { ...serverUser(), encoding: "utf8" })).toContain("18.");
  });

  test.skipIf(debianBin === undefined)("runs Debian's programs as well", async () => {
    const debian = await startPostgres({ bin: debianBin ?? "" });
    const client = await debian.connect();
    expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await client.end();
    await debian.close();
  });
});

async function dial(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect").finally(() => socket.destroy());
}
