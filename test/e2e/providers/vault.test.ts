import { postgresUnavailable, startPostgres, type Postgres, type VaultDouble } from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  expectFresh,
  expectQuiet,
  expectRefused,
  expectRotated,
  formerLeases,
  layOut,
  logIn,
  passwordIn,
  type Stage,
} from "./support.ts";
import { secretId, startVault, usersOf } from "./vault-on-postgres.ts";

const spec = ({ url }: VaultDouble, { host, port }: Postgres, more: string): string => `version: 1
name: vault-e2e
providers:
  vault:
    type: vault
    address: ${url}
    auth: { method: approle, roleId: role-1, secretId: { env: VAULT_SECRET_ID } }
rotations:
  app:
    provider: vault
    request: { path: database/creds/app, fields: { username: username, password: password } }
    verify:
      - { type: postgres, host: ${host}, port: ${port}, tls: disable, user: "{{ username }}", password: "{{ password }}" }
    sinks:
      - type: dotenv
        path: .env
        values:
          DATABASE_URL: "postgres://{{ username | uri_component }}:{{ password | uri_component }}@${host}:${port}/postgres"
    reload:
      - ${logIn}
    overlap: { revoke: adopted, grace: 0s }
    ${more}
`;

/** From a spec over Vault's database engine and a sink to a consumer that logs in to a real PostgreSQL. */
describe.skipIf(postgresUnavailable() !== undefined)("a database user of Vault", () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.close());

  async function setUp(more = "") {
    const vault = await startVault(postgres);
    const stage = await layOut({ spec: spec(vault, postgres, more), env: { VAULT_SECRET_ID: secretId.text } });
    return { vault, stage };
  }

  test("is created, used, replaced, and revoked when its successor was adopted", async () => {
    const { vault, stage } = await setUp();
    await expectRotated(stage);
    const [first = ""] = await whoWasThere(stage);
    expect(vault.databaseUsers()).toEqual([first]);
    await expectFresh(stage, vault.databaseUsers);
    const secrets = [secretId, await passwordIn(stage)];

    await expectRotated(stage, "--force");
    const [, second = ""] = await whoWasThere(stage);
    expect(second).not.toBe(first);
    await stage.rotate("run");
    expect(await usersOf(postgres)).toEqual([second]);
    expect(vault.databaseUsers()).toEqual([second]);
    expect(await formerLeases(stage)).toEqual([]);
    await expectQuiet(stage, [...secrets, await passwordIn(stage)]);
  });

  test("is renewed by `watch`, and its consumer hears nothing of it", async () => {
    const { vault, stage } = await setUp("refresh: { every: 1s, jitter: 0% }");
    const renewals = () => vault.requests.filter(({ path }) => path === "/v1/sys/leases/renew").length;
    expect(await stage.watchUntil(() => renewals() === 2)).toBe(0);
    expect(await whoWasThere(stage)).toEqual(vault.databaseUsers());
  });

  test("that cannot be had leaves the old one in place, with one line what and one line what to do", async () => {
    const { vault, stage } = await setUp();
    await expectRotated(stage);
    vault.faults.always("GET /v1/database/creds/app", { status: 400, body: { errors: ["unknown role: app"] } });
    const why = "cannot read database/creds/app: unknown role: app (HTTP 400)";
    await expectRefused(stage, { why, todo: "check the role's name" });
    expect(vault.databaseUsers()).toHaveLength(1);
    await expectQuiet(stage, [secretId, await passwordIn(stage)]);
  });
});

async function whoWasThere({ file }: Stage): Promise<readonly string[]> {
  return (await file("who")).trim().split("\n");
}
