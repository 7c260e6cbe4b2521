import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  createCertificateAuthority,
  findProgram,
  postgresUnavailable,
  pythonProgram,
  startPostgres,
  type Postgres,
} from "@rotate/doubles";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startSidecar, type TestSidecar } from "./support/sidecar.ts";

const run = promisify(execFile);
const python = pythonProgram("python3");
const env = { PATH: process.env["PATH"], LC_ALL: "C" };
const local = { user: "app", password: "local only" };

const psql = findProgram("psql") ?? "";
const pgbench = findProgram("pgbench") ?? "";

describe.skipIf(postgresUnavailable())("through the sidecar", () => {
  let postgres: Postgres;
  let sidecar: TestSidecar;
  let locked: TestSidecar;
  beforeAll(async () => {
    const authority = createCertificateAuthority();
    postgres = await startPostgres({ certificate: authority.issue({ hosts: ["localhost"] }) });
    await postgres.createRole("app_a", { password: "pässword a" });
    const upstream = { port: postgres.port };
    const leases = [
      { leaseId: "z", user: "app_a", password: "not any more" },
      { leaseId: "a", user: "app_a", password: "pässword a" },
    ] as const;
    const options = { upstream, ca: authority.ca, leases, database: "postgres" };
    sidecar = await startSidecar(options);
    locked = await startSidecar({ ...options, local, upstream: { ...upstream, direct: true } });
  });
  afterAll(async () => {
    await Promise.all([sidecar.stop(), locked.stop()]);
    await postgres.close();
  });

  test("an application asks with its own name and is who the credential says, over verified TLS", async () => {
    const client = new pg.Client({ host: sidecar.directory, user: "app", application_name: "shop" });
    await client.connect();
    onTestFinished(() => client.end());
    const { rows } = await client.query(
      "select current_user, current_database(), ssl, version from pg_stat_ssl where pid = pg_backend_pid()",
    );
    expect(rows).toEqual([{ current_user: "app_a", current_database: "postgres", ssl: true, version: "TLSv1.3" }]);
    expect(sidecar.held()).toEqual({ a: 1 });
  });

  test("a password that is refused costs one more, and ten who come at once share it", async () => {
    const clients = Array.from({ length: 10 }, () => new pg.Client({ host: sidecar.directory, user: "app" }));
    await Promise.all(clients.map((client) => client.connect()));
    expect(sidecar.mints()).toBe(1);
    expect(sidecar.held()).toEqual({ a: 10 });
    await Promise.all(clients.map((client) => client.end()));
  });

  test.skipIf(python === undefined).each(["3.0", "3.2"])(
    "libpq does all that it does without it, with protocol %s",
    async (version) => {
      const script = join(import.meta.dirname, "support/libpq.py");
      const dsn = `host=${sidecar.directory} user=app max_protocol_version=${version} gssencmode=prefer sslmode=prefer`;
      const { stdout } = await run(python ?? "", [script, dsn], { env });
      expect(JSON.parse(stdout)).toMatchObject({
        user: "app_a",
        search_path: "pg_catalog",
        copied: true,
        pipelined: true,
        notified: "hello",
        cancelled: "57014",
        alive: 1,
        row: 20_000_000,
      });
      expect(sidecar.refusals).toEqual([]);
    },
  );

  test.skipIf(psql === "")(
    "psql comes in with a password of its own, and is told what is wrong with another",
    async () => {
      const dsn = `host=127.0.0.1 port=${locked.port} user=app`;
      const ask = (password: string) =>
        run(psql, ["-XAtc", "select current_user", dsn], { env: { ...env, PGPASSWORD: password } });
      await expect(ask(local.password)).resolves.toMatchObject({ stdout: "app_a\n" });
      await expect(ask("wrong")).rejects.toMatchObject({
        stderr: expect.stringContaining('password authentication failed for user "app"'),
      });
      await expect(ask("pässword a")).rejects.toMatchObject({ code: 2 });
    },
  );

  test.skipIf(psql === "")("psql that insists on TLS is told by its own words that there is none", async () => {
    const dsn = `host=127.0.0.1 port=${sidecar.port} user=app sslmode=require`;
    await expect(run(psql, ["-c", "select 1", dsn], { env })).rejects.toMatchObject({
      stderr: expect.stringContaining("server does not support SSL, but SSL was required"),
    });
  });

  test.skipIf(pgbench === "")("pgbench runs in all its modes, without a failed transaction", async () => {
    const script = join(sidecar.directory, "script.sql");
    await writeFile(
      script,
      "\\set one random(1, 1000)\nbegin;\nselect :one + 1;\nselect repeat('x', :one);\ncommit;\n",
    );
    const where = ["-h", sidecar.directory, "-U", "app", "postgres"];
    for (const mode of ["simple", "extended", "prepared"]) {
      const { stdout } = await run(pgbench, ["-n", "-c", "4", "-t", "25", "-M", mode, "-f", script, ...where], { env });
      expect(stdout).toContain("100/100");
    }
  });

  test("a server that is killed takes the session along: nothing hangs", async () => {
    const client = new pg.Client({ host: sidecar.directory, user: "app" });
    await client.connect();
    const { promise, resolve } = Promise.withResolvers<void>();
    const errors: Error[] = [];
    client.on("error", (error) => errors.push(error));
    client.on("end", resolve);
    const owner = await postgres.connect();
    await owner.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app_a'");
    await owner.end();
    await promise;
    expect(errors[0]).toMatchObject({ code: "57P01" });
  });
});
