/** Ways to the database: through a pooler, and by TLS. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCertificateAuthority, postgresUnavailable, startPostgres, type Postgres } from "@rotate/doubles";
import { Secret } from "@rotate/plugin-kit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { openDatabase } from "../../src/fleet/database.ts";
import { intentOf } from "../backend/contract.ts";
import { createTurned, prepareDatabase, type PreparedDatabase } from "./database.ts";
import { pgbouncer, pooled } from "./pooler.ts";

let database: PreparedDatabase;

async function opened(spec: string, options: Parameters<PreparedDatabase["open"]>[1]): Promise<Backend> {
  const backend = await database.open(spec, options);
  onTestFinished(() => backend.close());
  return backend;
}

async function ask({ superuser, password, port }: Postgres, words: string): Promise<unknown> {
  const url = new Secret(`postgres://${superuser}:${password}@localhost:${port}/postgres?${words}`);
  const reached = await openDatabase({ url: async () => url, name: "test", most: 1 });
  onTestFinished(() => reached.close());
  return reached
    .query("select ssl from pg_stat_ssl where pid = pg_backend_pid()")
    .catch((error: { readonly code: string }) => error.code);
}

const named = { rotations: [{ name: "db", reloads: [] }] } as never;

describe.skipIf(postgresUnavailable())("ways to a shared state", () => {
  beforeAll(async () => {
    database = await prepareDatabase();
  }, 240_000);
  afterAll(async () => database.close());

  test.skipIf(pgbouncer).for(["session", "transaction"] as const)(
    `a worker behind a pooler in %s mode takes, writes, settles, loses and takes over as without one${pgbouncer ? ` (${pgbouncer})` : ""}`,
    async (mode) => {
      const spec = await database.newSpec();
      const urlOf = await pooled(database.postgres, mode);
      const url = async (): Promise<Secret> => new Secret(urlOf("worker"));
      const [beats, others] = [createTurned(), createTurned()];
      const [one, two] = [await opened(spec, { url, beats }), await opened(spec, { url, beats: others })];
      for (const backend of [one, two]) await backend.publish(named);
      const [claim] = await one.claims.due(1, AbortSignal.timeout(20_000));
      await claim!.append([intentOf("l1")]);
      await beats.pass(4);
      await claim!.guard();
      expect(await two.claims.byName("db")).toBeUndefined();
      const waiting = two.claims.due(1, AbortSignal.timeout(20_000));
      await database.sql("update rotate_boss.job set heartbeat_on = now() - interval '11 s' where name = $1", [
        `${spec}/default`,
      ]);
      await others.pass(12);
      const [taken] = await waiting;
      await expect(claim!.append([{ type: "closed" }])).rejects.toMatchObject({ code: "ROTATE_STATE_FENCED" });
      await two.store.changeNote("told", () => ({ told: 1 }));
      await taken!.settle({ records: [{ type: "closed" }], next: Infinity });
      expect((await one.store.load("db")).attempt).toBeUndefined();
    },
  );

  test.skipIf(pgbouncer)(
    `a pooler that takes transactions apart is refused, with what to do${pgbouncer ? ` (${pgbouncer})` : ""}`,
    async () => {
      const spec = await database.newSpec();
      const urlOf = await pooled(database.postgres, "statement");
      const backend = await opened(spec, { url: async () => new Secret(urlOf("worker")) });
      await expect(backend.claims.byName("db")).rejects.toMatchObject({
        code: "ROTATE_STATE_UNUSABLE",
        hint: expect.stringContaining("pool_mode"),
      });
    },
  );

  test("by `sslmode=verify-full` the server's certificate is checked, with its name", async () => {
    const authority = createCertificateAuthority();
    const folder = mkdtempSync(join(tmpdir(), "rotate-tls-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "ca.pem"), authority.ca);
    const trusted = `sslmode=verify-full&sslrootcert=${join(folder, "ca.pem")}`;
    const [good, other] = await Promise.all(
      ["localhost", "db.example"].map((host) => startPostgres({ certificate: authority.issue({ hosts: [host] }) })),
    );
    onTestFinished(() => Promise.all([good!.close(), other!.close()]).then(() => undefined));
    expect(await ask(good!, trusted)).toEqual([{ ssl: true }]);
    expect(await ask(other!, trusted)).toBe("ROTATE_STATE_UNUSABLE");
    expect(await ask(good!, "sslmode=verify-full")).toBe("ROTATE_STATE_UNUSABLE");
  });
});
