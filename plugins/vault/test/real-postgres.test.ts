import { postgresUnavailable, startPostgres, type Postgres, type VaultDatabaseRole } from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { vault } from "../src/vault.ts";
import { database, hour, leaseOf, loggedIn, minute, mint, revealed, start } from "./support/call.ts";

const unavailable = postgresUnavailable();

function until(instant: number): string {
  return new Date(instant).toISOString();
}

/** What a database engine's creation, renewal and revocation statements do. */
function roleOn(postgres: Postgres): VaultDatabaseRole {
  async function query(sql: string): Promise<void> {
    const admin = await postgres.connect();
    try {
      await admin.query(sql);
    } finally {
      await admin.end();
    }
  }
  return {
    ttl: hour,
    maxTtl: 3 * hour,
    create: ({ username, password, expiresAt }) =>
      query(`create role "${username}" login password '${password}' valid until '${until(expiresAt)}'`),
    extend: (username, expiresAt) => query(`alter role "${username}" valid until '${until(expiresAt)}'`),
    drop: (username) => query(`drop role if exists "${username}"`),
  };
}

describe.skipIf(unavailable !== undefined)(
  `a database user on a real PostgreSQL${unavailable === undefined ? "" : ` (skipped: ${unavailable})`}`,
  () => {
    let postgres: Postgres;
    beforeAll(async () => {
      postgres = await startPostgres();
    });
    afterAll(() => postgres.close());

    async function whoAmI({ username, password }: Readonly<Record<string, string>>): Promise<unknown> {
      const client = await postgres.connect({ user: username, password });
      try {
        const { rows } = await client.query("select current_user as who");
        return rows[0];
      } finally {
        await client.end();
      }
    }
    async function validUntil(username: string | undefined): Promise<unknown> {
      const admin = await postgres.connect();
      try {
        const { rows } = await admin.query("select rolvaliduntil from pg_authid where rolname = $1", [username]);
        return rows[0]?.rolvaliduntil;
      } finally {
        await admin.end();
      }
    }

    test("is created, used, renewed, revoked and gone", async () => {
      const { double, clock } = await start(
        {
          engines: { database: { type: "database", roles: { app: roleOn(postgres) } } },
        },
        Date.now(),
      );
      const ctx = await loggedIn({ double, clock });
      const minted = await mint(database, ctx);
      const credential = revealed(minted);
      expect(await whoAmI(credential)).toEqual({ who: credential["username"] });

      await clock.advance(40 * minute);
      await vault.renew?.(leaseOf(minted, ctx), ctx);
      expect(await validUntil(credential["username"])).toEqual(new Date(clock.now() + hour + 5000));

      await vault.revoke?.(leaseOf(minted, ctx), ctx);
      await expect(whoAmI(credential)).rejects.toThrow(/password authentication failed|does not exist/);
      expect(await validUntil(credential["username"])).toBeUndefined();
    });

    test("dies with the login that made it", async () => {
      const { double, clock } = await start(
        {
          engines: { database: { type: "database", roles: { app: roleOn(postgres) } } },
        },
        Date.now(),
      );
      const credential = revealed(await mint(database, await loggedIn({ double, clock })));
      await double.revokeToken("hvs.app-token");
      await expect(whoAmI(credential)).rejects.toThrow(/password authentication failed|does not exist/);
    });
  },
);
