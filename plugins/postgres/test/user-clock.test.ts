import { clockShifter, postgresUnavailable, startPostgres, type Postgres } from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { postgresUser } from "../src/postgres-user.ts";
import { contextOf, mintUser, revokeUser, userStage, works, type UserStage } from "./support/users.ts";

const unavailable = postgresUnavailable() ?? (clockShifter() === undefined ? "libfaketime is missing" : undefined);
const why = unavailable === undefined ? "" : ` (skipped: ${unavailable})`;
const minute = 60_000;

describe.skipIf(unavailable).each(["+10m", "-10m"])(`a server whose clock is off by %s${why}`, (clock) => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres({ clock });
  });
  afterAll(() => postgres.close());

  async function stage(strategy: "ring" | "dynamic"): Promise<UserStage> {
    const laid = await userStage(postgres, strategy);
    onTestFinished(laid.close);
    return { ...laid, request: { ...laid.request, ttl: 2 * minute } };
  }

  test.each(["ring", "dynamic"] as const)(
    "%s: a user lives as long as was asked for, by the server's clock",
    async (strategy) => {
      const on = await stage(strategy);
      const [row] = await on.sql<{ off: number }>(
        `select extract(epoch from now())::float8 * 1000 - ${Date.now()} as off`,
      );
      expect(Math.abs(row?.off ?? 0)).toBeGreaterThan(9 * minute);
      const got = await mintUser(on);
      expect(await works(on, got)).toBe(true);
      const found = await postgresUser.find?.(got.lease.id, contextOf(on));
      const { in: left } = (found ?? { expires: { in: 0 } }).expires as { readonly in: number };
      expect(left).toBeGreaterThan(minute);
      expect(left).toBeLessThanOrEqual(2 * minute);
      await on.sql(
        `alter role ${got.username} valid until '${new Date(Date.now() + (row?.off ?? 0) - 1000).toISOString()}'`,
      );
      expect(await works(on, got)).toBe(false);
      expect(await postgresUser.lives?.(got.lease, contextOf(on))).toBe(false);
      await revokeUser(on, got);
    },
  );
});
