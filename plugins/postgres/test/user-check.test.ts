import { postgresUnavailable, startPostgres, type Postgres } from "@rotate/doubles";
import { expectNoLeak, refusalContract } from "@rotate/testkit";
import { isRotateError, Secret } from "@rotate/plugin-kit";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { postgresUser } from "../src/postgres-user.ts";
import { userRefusals } from "../src/user/refusals.ts";
import { setupOf } from "../src/user/setup.ts";
import { scramVerifier } from "../src/user/verifier.ts";
import { contextOf, mintUser, revokeUser, userStage, works, type UserStage } from "./support/users.ts";

const preload = ["shared_preload_libraries=pg_stat_statements,passwordcheck"];

async function missing(on: UserStage): Promise<{ readonly code: string; readonly hint: string }> {
  try {
    await postgresUser.check?.(contextOf(on), on.request);
  } catch (error) {
    if (isRotateError(error)) return { code: error.code, hint: error.hint ?? "" };
    throw error;
  }
  throw new Error("nothing is missing");
}

/** What is missing is told as SQL; run by a superuser it is missing no more. */
async function mend(on: UserStage): Promise<void> {
  const { hint } = await missing(on);
  await on.sql(hint.replace("let a superuser run: ", ""));
  await postgresUser.check?.(contextOf(on), on.request);
}

describe.skipIf(postgresUnavailable())("before a mint, and what stays of it", () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres({
      settings: ["log_statement=all", ...preload],
    });
    const admin = await postgres.connect();
    await admin.query("create extension pg_stat_statements");
    await admin.end();
  });
  afterAll(() => postgres.close());

  async function stage(strategy: "ring" | "dynamic", more: Parameters<typeof userStage>[2] = {}): Promise<UserStage> {
    const laid = await userStage(postgres, strategy, more);
    onTestFinished(laid.close);
    return laid;
  }
  test.each([
    ["dynamic", (on: UserStage) => `revoke rotate_admin${on.bootstrap.replace("rotate", "")} from ${on.bootstrap}`],
    ["dynamic", (on: UserStage) => `alter role ${String(on.options["setRole"])} nocreaterole`],
    ["dynamic", (on: UserStage) => `revoke ${on.group} from ${String(on.options["setRole"])}`],
    ["ring", (on: UserStage) => `revoke usage on schema rotate_${on.group} from ${on.bootstrap}`],
    ["ring", (on: UserStage) => `revoke execute on function rotate_${on.group}.take from ${on.bootstrap}`],
  ] as const)("with %s names the very statement that is missing (%#)", async (strategy, take) => {
    const on = await stage(strategy);
    await on.sql(take(on));
    expect(await missing(on)).toMatchObject({ code: "DENIED" });
    await mend(on);
    await mintUser(on);
  });

  test("says what is not there: the group, the maker, the functions, somebody to hand out", async () => {
    const on = await stage("ring");
    expect(await missing({ ...on, request: { ...on.request, group: "nobody" } })).toMatchObject({
      code: "NOT_FOUND",
      hint: expect.stringContaining("create role"),
    });
    await on.sql(`create role lonely_${on.group}`);
    expect(await missing({ ...on, request: { ...on.request, group: `lonely_${on.group}` } })).toMatchObject({
      code: "NOT_FOUND",
      hint: expect.stringContaining("rotate databases setup"),
    });
    const made = { ...on, options: { ...on.options, strategy: "dynamic", setRole: "no_maker" } };
    expect(await missing(made)).toMatchObject({ code: "NOT_FOUND", hint: expect.stringContaining("createrole") });
    for (const id of ["1", "2", "3"]) await mintUser(on, id);
    expect(await missing(on)).toMatchObject({ code: "CONFLICT" });
  });

  test("does not send a password over a connection that anybody can read", async () => {
    const on = await stage("ring", { send: "password" });
    expect(await missing(on)).toMatchObject({ code: "INVALID", hint: "set tls: verify-full" });
  });

  test("the password that rotate logs in with was changed: denied, and nothing can live", async () => {
    const on = await stage("dynamic");
    await on.sql(`alter role ${on.bootstrap} password 'another-one-1'`);
    await expect(mintUser(on)).rejects.toMatchObject({
      code: "DENIED",
      noEffect: true,
      hint: expect.stringContaining("changed or has expired"),
    });
  });

  test("a server without it is named by its host and port", async () => {
    const on = await stage("dynamic");
    await on.proxy.close();
    await expect(mintUser(on)).rejects.toMatchObject({
      code: "UNAVAILABLE",
      noEffect: true,
      message: expect.stringContaining("127.0.0.1:"),
    });
  });

  test.each(["ring", "dynamic"] as const)(
    "with %s no password is in the log or the statistics of the server, even of statements that fail",
    async (strategy) => {
      const on = await stage(strategy);
      const got = [await mintUser(on, "1"), await mintUser(on, "2")];
      await on.sql(`comment on role ${got[0]!.username} is 'x'; create table if not exists filler (one int)`);
      await mintUser(on, "1").catch(() => undefined);
      await revokeUser(on, got[1]!);
      await on.sql("select 1 as last_line");
      await expect.poll(() => postgres.log.some((line) => line.includes("last_line"))).toBe(true);
      const log = postgres.log.join("\n");
      expect(log).toContain(got[0]!.username);
      const statements = await on.sql<{ query: string }>("select query from pg_stat_statements");
      const secrets = got.map(({ password }) => password);
      await expectNoLeak(secrets, { "the log": log, pg_stat_statements: JSON.stringify(statements) });
    },
  );

  test.each(["ring", "dynamic"] as const)(
    "with %s and send: password the server makes its own verifier, and the user works",
    async (strategy) => {
      const on = await stage(strategy, { send: "password" });
      const got = await mintUser(on);
      expect(got.password).toMatch(/[-_]/);
      expect(await works(on, got)).toBe(true);
    },
  );
});

test.each(["ring", "dynamic"] as const)("the page shows what %s is set up with", async (strategy) => {
  const page = await readFile(join(import.meta.dirname, "../../../docs/plugins/postgres-user.md"), "utf8");
  const options = { host: "db", port: 5432, database: "app", user: "rotate", send: "verifier", strategy } as const;
  const { statements } = setupOf({ ...options, setRole: "rotate_admin" }, [{ group: "app" }]);
  expect(page).toContain(`\`\`\`sql\n${statements.join("\n")}\n\`\`\``);
});

test("a verifier is what PostgreSQL itself makes of the password and the salt", async () => {
  const salt = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
  await expect(scramVerifier(new Secret("pencil"), salt)).resolves.toBe(
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
  );
});

refusalContract(
  { describe, test },
  {
    name: "a PostgreSQL server to who makes users",
    of: "exit",
    table: userRefusals,
    samples: [
      { said: "XX000: Neon only supports being given plaintext passwords", is: "invalid" },
      { said: "XX000: tuple concurrently updated", is: "raced" },
      { said: '28P01: password authentication failed for user "rotate"', is: "denied" },
      { said: '3D000: database "x" does not exist', is: "missing" },
      { said: "42501: permission denied to create role", is: "denied" },
      { said: "42883: function rotate_app.take(text, text, interval) does not exist", is: "missing" },
      { said: '42704: role "app_rw" does not exist', is: "missing" },
      { said: '42710: role "app_x" already exists', is: "conflict" },
      { said: '2BP01: role "app_x" cannot be dropped because some objects depend on it', is: "raced" },
      { said: "55P03: canceling statement due to lock timeout", is: "raced" },
      { said: "40001: could not serialize access", is: "raced" },
      { said: "25006: cannot execute CREATE ROLE in a read-only transaction", is: "invalidYet" },
      { said: "22023: the life is out of bounds", is: "invalid" },
      { said: "57P03: the database system is starting up", is: "wait" },
      { said: "57P01: terminating connection due to administrator command", is: "unsure" },
      { said: "57014: canceling statement due to statement timeout", is: "late" },
      { said: "53300: sorry, too many clients already", is: "wait" },
      { said: "XX001: data corrupted", is: "refused" },
    ],
  },
);
