import {
  pgbouncerProgram,
  postgresUnavailable,
  startLookingUp,
  startPostgres,
  type Pgbouncer,
  type Postgres,
} from "@rotate/doubles";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { mintUser, revokeUser, userStage, type Got, type UserStage } from "./support/users.ts";

const unavailable = postgresUnavailable() ?? (pgbouncerProgram() === undefined ? "pgbouncer is missing" : undefined);

describe.skipIf(unavailable)(
  `through PgBouncer${unavailable === undefined ? "" : ` (skipped: ${unavailable})`}`,
  () => {
    let postgres: Postgres;
    let pooler: Pgbouncer;
    let careless: Pgbouncer;
    beforeAll(async () => {
      postgres = await startPostgres();
      await postgres.createRole("pgbouncer", { password: "login-of-the-pooler" });
      const admin = await postgres.connect();
      const page = await readFile(join(import.meta.dirname, "../../../docs/plugins/postgres-user.md"), "utf8");
      const [, shown = ""] = /### Behind PgBouncer[^]*?```sql\n([^]*?)```/.exec(page) ?? [];
      await admin.query(shown);
      await admin.query(`create function pgbouncer.careless(wanted text) returns table (name name, verifier text) language sql security definer
      as $$ select rolname, rolpassword from pg_authid where rolname = wanted $$; grant execute on function pgbouncer.careless to pgbouncer`);
      await admin.end();
      const at = { host: postgres.host, port: postgres.port, user: "pgbouncer", password: "login-of-the-pooler" };
      pooler = await startLookingUp({ ...at, query: "select * from pgbouncer.lookup($1)" });
      careless = await startLookingUp({ ...at, query: "select * from pgbouncer.careless($1)" });
    });
    afterAll(async () => {
      await Promise.all([pooler.close(), careless.close()]);
      await postgres.close();
    });

    async function stage(strategy: "ring" | "dynamic", more: Parameters<typeof userStage>[2] = {}): Promise<UserStage> {
      const laid = await userStage(postgres, strategy, more);
      onTestFinished(laid.close);
      return laid;
    }

    async function worksThrough({ port }: Pgbouncer, on: UserStage, { username, password }: Got): Promise<boolean> {
      try {
        const client = await postgres.connect({ port, user: username, password });
        await client.query(`select one from t_${on.group}`);
        await client.end();
        return true;
      } catch (error) {
        if (error instanceof Error && "code" in error) return false;
        throw error;
      }
    }

    test.each(["ring", "dynamic"] as const)(
      "%s: a new user works at once, and no more when it was revoked",
      async (strategy) => {
        const on = await stage(strategy, { sessions: "end" });
        const got = await mintUser(on);
        expect(await worksThrough(pooler, on, got)).toBe(true);
        await revokeUser(on, got);
        expect(await worksThrough(pooler, on, got)).toBe(false);
      },
    );

    test("a user that the ring gives out again works with its new password, and not with the one before", async () => {
      const on = await stage("ring", { sessions: "end" });
      const first = await mintUser(on, "1");
      expect(await worksThrough(pooler, on, first)).toBe(true);
      await revokeUser(on, first);
      const later = await Promise.all(["2", "3", "4"].map((id) => mintUser(on, id)));
      const again = later.find(({ username }) => username === first.username)!;
      expect(await worksThrough(pooler, on, again)).toBe(true);
      expect(await worksThrough(pooler, on, first)).toBe(false);
    });

    test("a user that has ended is refused by the query of the page, and served by one that asks for the verifier alone", async () => {
      const on = await stage("dynamic");
      const got = await mintUser(on);
      expect([await worksThrough(pooler, on, got), await worksThrough(careless, on, got)]).toEqual([true, true]);
      await on.sql(`alter role ${got.username} valid until '2020-01-01'`);
      expect([await worksThrough(pooler, on, got), await worksThrough(careless, on, got)]).toEqual([false, true]);
    });

    test("the connections that it keeps are waited for, or ended", async () => {
      const on = await stage("dynamic");
      const got = await mintUser(on);
      expect(await worksThrough(pooler, on, got)).toBe(true);
      await expect(revokeUser(on, got)).rejects.toMatchObject({ code: "CONFLICT", retryable: true });
      expect(await worksThrough(pooler, on, got)).toBe(false);
      await revokeUser({ ...on, options: { ...on.options, sessions: "end" } }, got);
    });
  },
);
