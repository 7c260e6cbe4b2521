/** A Vault whose database engine makes its users in a real PostgreSQL. */
import { createVaultDouble, type Postgres, type VaultDatabaseRole, type VaultDouble } from "@rotate/doubles";
import { mintCanary, type Canary } from "@rotate/testkit";
import { onTestFinished } from "vitest";

const hour = 3_600_000;

/** What rotate logs in with, as `role-1`. */
export const secretId: Canary = mintCanary("the role's secret id", { plain: true });

/** Starts it: users of `database/creds/app`, or of another role, live an hour, twice that with renewals. */
export async function startVault(postgres: Postgres, name = "app"): Promise<VaultDouble> {
  const leases = { "sys/leases/renew": ["update"], "sys/leases/revoke": ["update"] } as const;
  const role = { roleId: "role-1", secretIds: { [secretId.text]: {} }, ttl: 2 * hour, policies: ["app"] };
  const vault = await createVaultDouble({
    policies: { app: { [`database/creds/${name}`]: ["read"], ...leases } },
    auth: { approle: { type: "approle", roles: { app: role } } },
    engines: { database: { type: "database", roles: { [name]: roleOn(postgres) } } },
  });
  onTestFinished(vault.close);
  return vault;
}

/** The creation and revocation statements of the engine. */
function roleOn(postgres: Postgres): VaultDatabaseRole {
  return {
    ttl: hour,
    maxTtl: 2 * hour,
    create: async ({ username, password, expiresAt }) =>
      void (await query(
        postgres,
        `create role "${username}" login password '${password}' valid until '${new Date(expiresAt).toISOString()}'`,
      )),
    drop: async (username) => void (await query(postgres, `drop role if exists "${username}"`)),
  };
}

async function query(postgres: Postgres, sql: string): Promise<readonly { readonly name: string }[]> {
  const admin = await postgres.connect();
  try {
    return (await admin.query<{ readonly name: string }>(sql)).rows;
  } finally {
    await admin.end();
  }
}

/** The users that Vault made and that are still there. */
export async function usersOf(postgres: Postgres): Promise<readonly string[]> {
  const rows = await query(postgres, "select rolname as name from pg_roles where rolname like 'v-%' order by rolname");
  return rows.map(({ name }) => name);
}
