import { mysqlProgram, skippedWithout, startMysql, type Mysql } from "@rotate/doubles";
import { isRotateError } from "@rotate/plugin-kit";
import { expectNoLeak } from "@rotate/testkit";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  connectAs,
  contextOf,
  mintUser,
  revokeUser,
  userOf,
  userStage,
  works,
  type UserStage,
} from "./support/users.ts";

const logs = [
  "general-log=1",
  "general-log-file=general.log",
  "slow-query-log=1",
  "slow-query-log-file=slow.log",
  "long-query-time=0",
  "log-bin=binlog",
  "server-id=1",
];

/** What `check` finds missing. */
async function missing(on: UserStage): Promise<{ readonly code: string; readonly hint: string }> {
  try {
    await on.provider.check?.(contextOf(on), on.request);
  } catch (error) {
    if (isRotateError(error)) return { code: error.code, hint: error.hint ?? "" };
    throw error;
  }
  return { code: "", hint: "" };
}

/** All that the server has written, as text. */
async function writtenBy({ directory }: Mysql): Promise<string> {
  const names = (await readdir(directory)).filter((name) => /\.log$|^binlog\.\d+$/.test(name));
  return (await Promise.all(names.map((name) => readFile(join(directory, name), "latin1")))).join("\n");
}

const locked = { code: "CONFLICT", retryable: true };

for (const flavour of ["mysql", "mariadb"] as const) {
  const program = mysqlProgram(flavour)?.[0];
  const way = flavour === "mysql" ? "mysql dynamic" : "mariadb";
  describe.skipIf(program === undefined)(
    `users that are made for the lease on a real ${flavour}${skippedWithout(program, flavour)}`,
    () => {
      let server: Mysql;
      beforeAll(async () => {
        server = await startMysql({ flavour, settings: ["event-scheduler=on", ...logs] });
      });
      afterAll(() => server.close());

      async function stage(more: Parameters<typeof userStage>[2] = {}): Promise<UserStage> {
        const laid = await userStage(server, way, more);
        onTestFinished(laid.close);
        return laid;
      }

      test("are dropped by the server itself at their end", async () => {
        const on = await stage();
        const got = await mintUser(on);
        const name = `${on.database}.\`rotate_${got.username}\``;
        const [event] = await on.sql(
          `select timestampdiff(second, now(), execute_at) as life from information_schema.events where event_name = 'rotate_${got.username}'`,
        );
        expect(Number(event?.["life"])).toBeGreaterThan(3595);
        await on.sql(`alter event ${name} on schedule at current_timestamp + interval 1 second`);
        await expect.poll(() => works(on, userOf(got)), { timeout: 10_000 }).toBe(false);
        await revokeUser(on, got);
      });

      test("end by the server's clock, however far off ours is", async () => {
        const on = await stage();
        const slow = { ...contextOf(on), now: () => Date.now() - 600_000 };
        expect((await on.provider.mint(on.request, slow)).expires).toEqual({ in: 3_600_000 });
        const found = await on.provider.find?.(slow.leaseId, slow);
        expect(found?.expires).toEqual({ in: expect.closeTo(3_600_000, -5) });
      });

      test("are locked out at once, and dropped when their connections are over", async () => {
        const on = await stage();
        const got = await mintUser(on);
        const connection = await connectAs(server, userOf(got));
        await expect(revokeUser(on, got)).rejects.toMatchObject({
          ...locked,
          message: expect.stringContaining("1 connection of"),
        });
        expect(await works(on, userOf(got))).toBe(false);
        await connection.query(`select * from ${on.database}.t`);
        await connection.end();
        await expect
          .poll(() =>
            revokeUser(on, got).then(
              () => "dropped",
              () => "in use",
            ),
          )
          .toBe("dropped");
        expect(await on.provider.find?.(got.lease.id, contextOf(on))).toBeUndefined();
      });

      test("lose their connections with sessions: end", async () => {
        const on = await stage({ sessions: "end" });
        const got = await mintUser(on);
        const connection = await connectAs(server, userOf(got));
        await revokeUser(on, got);
        await expect(connection.query("select 1")).rejects.toThrow(/clos|kill|lost|interrupt/i);
      });

      test("that are gone are done with, and their events too", async () => {
        const on = await stage();
        const got = await mintUser(on);
        await on.sql(`drop user '${got.username}'@'%'`);
        await revokeUser(on, got);
        expect(
          await on.sql(`select 1 from information_schema.events where event_name = 'rotate_${got.username}'`),
        ).toEqual([]);
      });

      test("of a name that is taken are refused, and the other one is not touched", async () => {
        const on = await stage();
        const username = `p${on.number}_${contextOf(on).leaseId.slice(7)}`;
        await on.sql(`create user '${username}'@'%' identified by 'of-somebody-else'`);
        await on.sql(`grant select, insert on ${on.database}.* to '${username}'@'%'`);
        await expect(mintUser(on)).rejects.toMatchObject({ code: "CONFLICT", retryable: false, noEffect: true });
        expect(await works(on, { username, password: "of-somebody-else" })).toBe(true);
        expect(await on.sql(`select 1 from information_schema.events where event_name = 'rotate_${username}'`)).toEqual(
          [],
        );
      });

      test("are not left half made when a right cannot be given", async () => {
        const on = await stage();
        const wrong = {
          ...on,
          request: flavour === "mysql" ? { role: "no_role" } : { grants: ["select on nowhere.*"] },
        };
        await expect(mintUser(wrong)).rejects.toMatchObject({ noEffect: true, hint: expect.any(String) });
        expect(await on.provider.find?.(contextOf(on).leaseId, contextOf(on))).toBeUndefined();
      });

      test("have names that the server takes whole", async () => {
        const on = await stage({ prefix: "a".repeat(flavour === "mysql" ? 14 : 39) });
        const got = await mintUser(on);
        expect(got.username).toHaveLength(flavour === "mysql" ? 32 : 57);
        expect(await works(on, userOf(got))).toBe(true);
        await revokeUser(on, got);
      });

      test("without events live until they are revoked, and nobody is told otherwise", async () => {
        const laid = await stage();
        const { events: _, ...rest } = laid.options;
        const on = { ...laid, options: rest };
        const { ttl: _ttl, ...request } = on.request;
        expect(await missing(on)).toMatchObject({ code: "INVALID", hint: expect.stringContaining("events") });
        const minted = await on.provider.mint(request, contextOf(on));
        expect(minted.expires).toBe("never");
      });

      test.each(["create user", "process", "event", "connection admin", "the rights themselves"])(
        "what is missing is told as the statement that gives it: %s",
        async (right) => {
          const on = await stage({ sessions: "end" });
          const who = `'${on.bootstrap}'@'%'`;
          const { role, grants = [] } = on.request as { readonly role?: string; readonly grants?: readonly string[] };
          const rights = role ?? grants[0]?.replace(" on ", ", grant option on ") ?? "";
          const takes: Readonly<Record<string, string>> = {
            event: `revoke event on ${on.database}.* from ${who}`,
            "connection admin": `revoke ${flavour === "mysql" ? "connection_admin" : right} on *.* from ${who}`,
            "the rights themselves": `revoke ${rights} from ${who}`,
          };
          await on.sql(takes[right] ?? `revoke ${right} on *.* from ${who}`);
          const { code, hint } = await missing(on);
          expect(code).toBe("DENIED");
          for (const statement of hint.replace("let an administrator run: ", "").split("; ")) await on.sql(statement);
          expect(await missing(on)).toEqual({ code: "", hint: "" });
        },
      );

      test("a server that is only read, or runs no events, is found before the mint", async () => {
        const on = await stage();
        await on.sql("set global read_only = on");
        expect(await missing(on)).toMatchObject({ code: "INVALID", hint: expect.stringContaining("written to") });
        await expect(mintUser(on)).rejects.toMatchObject({ code: "INVALID", retryable: true, noEffect: true });
        await on.sql("set global read_only = off");
        await on.sql("set global event_scheduler = off");
        expect(await missing(on)).toMatchObject({ code: "INVALID", hint: expect.stringContaining("event_scheduler") });
        await on.sql("set global event_scheduler = on");
      });

      test("the password that rotate logs in with was changed: denied, and nothing can live", async () => {
        const on = await stage();
        await on.sql(`alter user '${on.bootstrap}'@'%' identified by 'another-one'`);
        await expect(mintUser(on)).rejects.toMatchObject({
          code: "DENIED",
          noEffect: true,
          hint: expect.stringContaining("changed"),
        });
      });

      test("leave no password in the general log, the slow log or the binary log", async () => {
        const on = await stage();
        const got = [await mintUser(on, "1"), await mintUser(on, "2")];
        await mintUser(on, "1").catch(() => undefined);
        await revokeUser(on, got[1]!);
        await on.sql("flush logs");
        const written = await writtenBy(server);
        expect(written).toContain(got[0]!.username);
        await expectNoLeak(
          got.map(({ password }) => password),
          { "what the server writes": written },
        );
      });

      test("may be sent by their password where the spec says so, never without TLS", async () => {
        const on = await stage({ send: "password" });
        expect(await missing(on)).toMatchObject({ code: "INVALID", hint: "set tls: verify-full" });
        const got = await mintUser(on);
        expect(got.password).toMatch(/[-_]/);
        expect(await works(on, userOf(got))).toBe(true);
      });

      test.skipIf(flavour === "mariadb")("whose mark a DBA has changed are left alone", async () => {
        const on = await stage();
        const got = await mintUser(on);
        await on.sql(`alter user '${got.username}'@'%' attribute '{"rotate": null}'`);
        await expect(revokeUser(on, got)).rejects.toMatchObject({ code: "CONFLICT", retryable: false });
        expect(await works(on, userOf(got))).toBe(true);
      });
    },
  );
}
