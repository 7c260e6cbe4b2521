import { mysqlProgram, skippedWithout, startMysql, type Mysql } from "@rotate/doubles";
import { connectionSamples, refusalContract } from "@rotate/testkit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { serverRefusals, systemRefusals } from "../src/refusals.ts";
import { cachingSha2, nativePassword } from "../src/verifiers.ts";
import { contextOf, mintUser, revokeUser, userOf, userStage, works, type UserStage } from "./support/users.ts";

const program = mysqlProgram("mysql")?.[0];

describe.skipIf(program === undefined)(
  `two passwords of one user on a real MySQL${skippedWithout(program, "mysql")}`,
  () => {
    let server: Mysql;
    beforeAll(async () => {
      server = await startMysql({ flavour: "mysql" });
    });
    afterAll(() => server.close());

    async function stage(): Promise<UserStage> {
      const laid = await userStage(server, "mysql retain");
      onTestFinished(laid.close);
      return laid;
    }

    test("the held one works beside the new one, and a third is refused while both may be in use", async () => {
      const on = await stage();
      const [held, next] = [await mintUser(on, "1"), await mintUser(on, "2")];
      await expect(mintUser(on, "3")).rejects.toMatchObject({ code: "CONFLICT", retryable: true, noEffect: true });
      expect(await works(on, userOf(held))).toBe(true);
      expect(await works(on, userOf(next))).toBe(true);
      await revokeUser(on, held);
      await revokeUser(on, held);
      expect(await works(on, userOf(held))).toBe(false);
      expect(await works(on, userOf(next))).toBe(true);
      await mintUser(on, "3");
      expect(await works(on, userOf(next))).toBe(true);
    });

    test("dropping the new one, as when it was not fit, never costs the held one", async () => {
      const on = await stage();
      const held = await mintUser(on, "1");
      for (const id of ["2", "3", "4"]) {
        const dropped = await mintUser(on, id);
        await revokeUser(on, dropped);
        expect(await works(on, userOf(dropped))).toBe(false);
        expect(await works(on, userOf(held))).toBe(true);
      }
      expect(await works(on, userOf(await mintUser(on, "5")))).toBe(true);
      expect(await works(on, userOf(held))).toBe(true);
    });

    test("a mint whose answer was lost goes on with the password that it made, and never costs the held one", async () => {
      const on = await stage();
      const held = await mintUser(on, "1");
      let done = 0;
      for (let message = 1; message < 20; message += 1) {
        const cut = on.proxy.cutAt(message);
        const minting = mintUser(on, String(message + 1)).catch(() => undefined);
        const reached = await vi.waitUntil(cut.reached, { timeout: 3000 }).catch(() => false);
        await cut.arrive();
        const got = await minting;
        expect(await works(on, userOf(held))).toBe(true);
        if (got === undefined) continue;
        expect(await works(on, userOf(got))).toBe(true);
        await revokeUser(on, got);
        if (!reached) break;
        done += 1;
      }
      // The statement that changes the password, and the farewell after it.
      expect(done).toBe(2);
    });

    test("the password from before rotate is retained until somebody discards it", async () => {
      const on = await stage();
      const account = String(on.request["account"]);
      await on.sql(`alter user '${account}'@'%' identified by 'of-the-team' attribute '{"rotate": null, "team": "a"}'`);
      await mintUser(on, "1");
      expect(await works(on, { username: account, password: "of-the-team" })).toBe(true);
      const refused = await mintUser(on, "2").catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: "CONFLICT", hint: expect.stringContaining("discard old password") });
      expect(await works(on, { username: account, password: "of-the-team" })).toBe(true);
      await on.sql((refused as { readonly hint: string }).hint.split("run: ")[1] ?? "");
      const got = await mintUser(on, "2");
      expect(await works(on, userOf(got))).toBe(true);
      const [row] = await on.sql(
        `select attribute->>'$.team' as team from information_schema.user_attributes where user = '${account}'`,
      );
      expect(row).toEqual({ team: "a" });
    });

    test("a user that is not there, or is not named, is told before the mint", async () => {
      const on = await stage();
      await expect(mintUser({ ...on, request: { account: "nobody" } })).rejects.toMatchObject({
        code: "NOT_FOUND",
        noEffect: true,
      });
      const check = async () => on.provider.check?.(contextOf(on), {});
      await expect(check()).rejects.toMatchObject({ code: "INVALID", hint: expect.stringContaining("account") });
    });
  },
);

test("a verifier of MariaDB is what it makes of the password itself, that of MySQL has the form that it keeps", () => {
  expect(nativePassword("password")).toBe("*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19");
  const [, hex = ""] = /^0x([0-9a-f]+)$/.exec(cachingSha2("pencil")) ?? [];
  expect(Buffer.from(hex, "hex").toString()).toMatch(/^\$A\$005\$[0-9A-Za-z]{20}[./0-9A-Za-z]{43}$/);
});

refusalContract(
  { describe, test },
  {
    name: "a MySQL or MariaDB server",
    of: "exit",
    table: serverRefusals,
    advised: true,
    samples: [
      {
        said: "1290: The MariaDB server is running with the --strict-password-validation option so it cannot execute this statement",
        is: "invalid",
      },
      {
        said: "1290: The MySQL server is running with the --read-only option so it cannot execute this statement",
        is: "invalidYet",
      },
      { said: "1045: Access denied for user 'rotate'@'%' (using password: YES)", is: "denied" },
      {
        said: "1227: Access denied; you need (at least one of) the CREATE USER privilege(s) for this operation",
        is: "denied",
      },
      { said: "3523: Unknown authorization ID `no_role`@`%`", is: "missing" },
      { said: "1049: Unknown database 'nowhere'", is: "missing" },
      { said: "1396: Operation CREATE USER failed for 'app_x'@'%'", is: "conflict" },
      {
        said: "4006: Operation DROP USER failed for 'app_x'@'%' as it is referenced as a definer account in a view",
        is: "raced",
      },
      { said: "1205: Lock wait timeout exceeded; try restarting transaction", is: "raced" },
      { said: "1819: Your password does not satisfy the current policy requirements", is: "invalid" },
      { said: "1524: Plugin 'caching_sha2_password' is not loaded", is: "invalid" },
      { said: "1040: Too many connections", is: "wait" },
      { said: "3024: Query execution was interrupted, maximum statement execution time exceeded", is: "late" },
      { said: "1053: Server shutdown in progress", is: "unsure" },
      { said: "1064: You have an error in your SQL syntax", is: "refused" },
    ],
  },
);

refusalContract(
  { describe, test },
  {
    name: "the way to a MySQL or MariaDB server",
    of: "exit",
    table: systemRefusals,
    samples: [
      { said: "PROTOCOL_CONNECTION_LOST: Connection lost: The server closed the connection", is: "unsure" },
      { said: "HANDSHAKE_NO_SSL_SUPPORT: Server does not support secure connection", is: "invalid" },
      { said: "HANDSHAKE_SSL_ERROR: certificate has expired", is: "stranger" },
      { said: "HANDSHAKE_SSL_ERROR: self-signed certificate in certificate chain", is: "stranger" },
      ...connectionSamples,
    ],
  },
);
