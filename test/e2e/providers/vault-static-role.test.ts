import { createVaultDouble, postgresUnavailable, startPostgres } from "@rotate/doubles";
import { mintCanary } from "@rotate/testkit";
import { expect, onTestFinished, test } from "vitest";
import {
  expectFresh,
  expectQuiet,
  expectRefused,
  expectRotated,
  formerLeases,
  layOut,
  logIn,
  passwordIn,
} from "./support.ts";

const token = mintCanary("the token for Vault", { plain: true });

/** With the server on its own schedule nothing but a fresh read would tell; so it is told to change the password at each mint. */
const spec = (address: string, port: number): string => `version: 1
name: vault-static-role-e2e
providers:
  vault: { type: vault-static-role, address: "${address}", auth: { method: token, token: { env: VAULT_TOKEN } } }
rotations:
  app:
    provider: vault
    request: { role: app, rotate: true }
    sinks:
      - type: dotenv
        path: .env
        values: { DATABASE_URL: "postgres://{{ username | uri_component }}:{{ password | uri_component }}@127.0.0.1:${port}/postgres" }
    reload:
      - ${logIn}
`;

/** A Vault that changes the password of one user of a real PostgreSQL, and a stage whose consumer logs in as that user. */
async function setUp() {
  const postgres = await startPostgres();
  onTestFinished(postgres.close);
  await postgres.createRole("app", { password: "the first one" });
  const passwords: string[] = [];
  async function change(username: string, password: string): Promise<void> {
    const admin = await postgres.connect();
    await admin.query(`alter role "${username}" password '${password}'`);
    await admin.end();
    passwords.push(password);
  }
  const role = { username: "app", rotationPeriod: 24 * 3_600_000, change };
  const vault = await createVaultDouble({
    tokens: [{ id: token.text, policies: ["app"] }],
    policies: { app: { "database/static-creds/app": ["read"], "database/rotate-role/app": ["update"] } },
    engines: { database: { type: "database", staticRoles: { app: role } } },
  });
  onTestFinished(vault.close);
  const stage = await layOut({ spec: spec(vault.url, postgres.port), env: { VAULT_TOKEN: token.text } });
  return { vault, passwords, stage };
}

const unavailable = postgresUnavailable();

test.skipIf(unavailable !== undefined)(
  `a password that the server changes reaches its consumer (${unavailable ?? "on a real PostgreSQL"})`,
  async () => {
    const { vault, passwords, stage } = await setUp();
    expect((await stage.rotate("plan")).stdout).toContain("errors are possible until the reload");
    await expectRotated(stage);
    await expectFresh(stage, () => passwords.length);
    await expectRotated(stage, "--force");
    expect(await stage.file("who")).toBe("app\napp\n");
    expect(await passwordIn(stage)).toBe(passwords[1]);
    expect(await formerLeases(stage)).toEqual(["expires only"]);

    vault.faults.always("POST /v1/database/rotate-role/app", { status: 403, body: { errors: ["permission denied"] } });
    await expectRefused(stage, { why: "permission denied", todo: "its policies do not allow this" });
    expect(passwords).toHaveLength(2);
    await expectQuiet(stage, [token, ...passwords]);
  },
);
