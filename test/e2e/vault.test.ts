import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import {
  createVaultDouble,
  postgresUnavailable,
  startPostgres,
  type Postgres,
  type VaultDatabaseRole,
  type VaultDouble,
} from "@rotate/testkit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

const cli = join(import.meta.dirname, "../../packages/cli/bin/rotate.js");
const consumer = join(import.meta.dirname, "app/who-am-i.ts");
const hour = 3_600_000;

/** From a spec over Vault's database engine and a sink to a consumer that logs in to a real PostgreSQL. */
describe.skipIf(postgresUnavailable() !== undefined)("a database user of Vault", () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.close());

  test("is created, used, replaced, and revoked when its successor was adopted", async () => {
    const vault = await startVault(postgres);
    const directory = await layOut(postgres);
    const rotate = (...argv: readonly string[]) => run(directory, vault, argv);

    expect(await rotate("run")).toMatchObject({ code: 0 });
    const [first] = await whoWasThere(directory);
    expect(vault.databaseUsers()).toEqual([first]);

    expect(await rotate("run", "--force")).toMatchObject({ code: 0 });
    const [, second] = await whoWasThere(directory);
    expect(second).not.toBe(first);
    await rotate("run");
    expect(await usersOf(postgres)).toEqual([second]);
    expect(vault.databaseUsers()).toEqual([second]);
  });

  test("that cannot be had leaves the old one in place, with one line what and one line what to do", async () => {
    const vault = await startVault(postgres);
    const directory = await layOut(postgres);
    await run(directory, vault, ["run"]);
    const before = await readFile(join(directory, ".env"), "utf8");
    vault.faults.always("GET /v1/database/creds/app", { status: 400, body: { errors: ["unknown role: app"] } });
    const { code, output } = await run(directory, vault, ["run", "--force"]);
    expect(code).toBe(1);
    expect(output).toContain("cannot read database/creds/app: unknown role: app (HTTP 400)");
    expect(output).toContain("check the role's name");
    expect(output).not.toContain("the-secret-id");
    expect(await readFile(join(directory, ".env"), "utf8")).toBe(before);
  });
});

async function startVault(postgres: Postgres): Promise<VaultDouble> {
  const policy = { "database/creds/app": ["read"], "sys/leases/revoke": ["update"] } as const;
  const role = { roleId: "role-1", secretIds: { "the-secret-id": {} }, ttl: 2 * hour, policies: ["app"] };
  const vault = await createVaultDouble({
    policies: { app: policy },
    auth: { approle: { type: "approle", roles: { app: role } } },
    engines: { database: { type: "database", roles: { app: roleOn(postgres) } } },
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

async function usersOf(postgres: Postgres): Promise<readonly string[]> {
  const rows = await query(postgres, "select rolname as name from pg_roles where rolname like 'v-%' order by rolname");
  return rows.map(({ name }) => name);
}

async function layOut({ host, port }: Postgres): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "rotate-vault-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const url = `postgres://{{ username | uri_component }}:{{ password | uri_component }}@${host}:${port}/postgres`;
  const spec = `version: 1
name: vault-e2e
providers:
  vault:
    type: vault
    address: { env: VAULT_ADDR }
    auth: { method: approle, roleId: role-1, secretId: { env: VAULT_SECRET_ID } }
rotations:
  app-db:
    provider: vault
    request: { path: database/creds/app, fields: { username: username, password: password } }
    sinks:
      - { type: dotenv, path: .env, values: { DATABASE_URL: "${url}" } }
    reload:
      - { type: exec, command: ${JSON.stringify([process.execPath, consumer])}, cwd: . }
    overlap: { revoke: adopted, grace: 0s }
`;
  await writeFile(join(directory, "rotate.yaml"), spec);
  return directory;
}

async function run(directory: string, vault: VaultDouble, argv: readonly string[]) {
  const env = { ...process.env, VAULT_ADDR: vault.url, VAULT_SECRET_ID: "the-secret-id" };
  const child = spawn(process.execPath, [cli, ...argv, "--state-dir", "state"], { cwd: directory, env });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code: code as number, output: `${out}${err}` };
}

async function whoWasThere(directory: string): Promise<readonly string[]> {
  return (await readFile(join(directory, "who"), "utf8")).trim().split("\n");
}
