import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createVaultDouble, type VaultDouble } from "@rotate/doubles";
import { describe, expect, onTestFinished, test } from "vitest";
import { folderWith, rotate } from "./support.ts";

const minute = 60_000;

/** A folder with a rotation whose issuer can revoke: rotated once. */
async function rotated(): Promise<{
  readonly cwd: string;
  readonly vault: VaultDouble;
  readonly env: Record<string, string>;
}> {
  const vault = await createVaultDouble({
    policies: { app: { "database/creds/*": ["read"], "sys/leases/revoke": ["update"] } },
    tokens: [{ id: "hvs.app-token", ttl: 600 * minute, policies: ["app"] }],
    engines: { database: { type: "database", roles: { app: { ttl: 60 * minute, maxTtl: 180 * minute } } } },
  });
  onTestFinished(vault.close);
  const spec = `version: 1
providers: { db: { type: vault, address: "${vault.url}", auth: { method: token, token: { env: TOKEN } } } }
rotations:
  app:
    provider: db
    request: { path: database/creds/app, fields: { username: username, password: password } }
    sinks: [{ type: dotenv, path: .env, values: { DB_USER: "{{ username }}", DB_PASSWORD: "{{ password }}" } }]
`;
  const cwd = folderWith({ "rotate.yaml": spec, password: "fixed-pass\n", user: "fixed-user\n" });
  const env = { TOKEN: "hvs.app-token" };
  expect(await rotate(["run"], { cwd, env })).toMatchObject({ code: 0 });
  return { cwd, vault, env };
}

const envFile = (cwd: string): string => readFileSync(join(cwd, ".env"), "utf8");

describe("revoke", () => {
  test("kills the credential in use upstream, and the next run mints anew", async () => {
    const { cwd, env } = await rotated();
    const before = envFile(cwd);
    const { code, stdout } = await rotate(["revoke", "app", "--yes", "--json"], { cwd, env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ name: "app", leases: [{ result: "revoked" }] });
    expect(await rotate(["run"], { cwd, env })).toMatchObject({ code: 0 });
    expect(envFile(cwd)).not.toBe(before);
  });

  test("does nothing unasked where there is nobody to ask", async () => {
    const { cwd, env } = await rotated();
    const { code, stderr } = await rotate(["revoke", "app"], { cwd, env });
    expect(code).toBe(2);
    expect(stderr).toContain("add --yes");
  });

  test("says when the issuer refuses, and keeps the lease listed", async () => {
    const { cwd, env } = await rotated();
    const { code, stdout } = await rotate(["revoke", "app", "--yes"], { cwd, env: { ...env, TOKEN: "hvs.other" } });
    expect(code).toBe(1);
    expect(stdout).toContain("not revoked: it expires in");
  });
});

describe("eject", () => {
  const values = ["--values", "DB_USER={file:user}", "--values", "DB_PASSWORD={file:password}"];

  test("without values tells what stays where and until when, and changes nothing", async () => {
    const { cwd, env } = await rotated();
    const before = envFile(cwd);
    const { code, stdout } = await rotate(["eject", "app"], { cwd, env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/left {2}dotenv .*DB_USER, DB_PASSWORD/);
    expect(stdout).toContain("what stands there expires in");
    expect(envFile(cwd)).toBe(before);
  });

  test("writes the given values, revokes the credential, and nobody rotates it until asked by name", async () => {
    const { cwd, env } = await rotated();
    const { code, stdout, stderr } = await rotate(["eject", "app", "--yes", ...values], { cwd, env });
    expect(code).toBe(0);
    expect(envFile(cwd)).toBe("DB_USER=fixed-user\nDB_PASSWORD=fixed-pass\n");
    expect(stdout + stderr).not.toContain("fixed-pass");
    const status = await rotate(["status", "--json"], { cwd, env });
    expect(JSON.parse(status.stdout).rotations).toMatchObject([{ name: "app", state: "ejected", exit: 0 }]);
    await rotate(["run"], { cwd, env });
    expect(envFile(cwd)).toBe("DB_USER=fixed-user\nDB_PASSWORD=fixed-pass\n");
    expect((await rotate(["run", "app", "--force"], { cwd, env })).code).toBe(0);
    expect(envFile(cwd)).not.toContain("fixed-pass");
  });

  test("with --keep the targets stay as they are, and nobody rotates it", async () => {
    const { cwd, env } = await rotated();
    const before = envFile(cwd);
    expect((await rotate(["eject", "app", "--yes", "--keep"], { cwd, env })).code).toBe(0);
    expect((await rotate(["status", "--check"], { cwd, env })).code).toBe(0);
    await rotate(["run"], { cwd, env });
    expect(envFile(cwd)).toBe(before);
  });

  test.each([
    [["--values", "DB_USER=plain"], "takes KEY={file:PATH}"],
    [["--values", "DB_USER={file:user}"], "no value is given for DB_PASSWORD"],
    [[...values, "--values", "OTHER={file:user}"], "writes no key OTHER"],
  ])("refuses %j with everything as it was", async (given, message) => {
    const { cwd, env } = await rotated();
    const before = envFile(cwd);
    const { code, stderr } = await rotate(["eject", "app", "--yes", ...given], { cwd, env });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(envFile(cwd)).toBe(before);
  });
});

describe("forget", () => {
  test("ends what is known of a rotation and leaves its values alone", async () => {
    const { cwd, env } = await rotated();
    expect(await rotate(["forget", "app", "--yes", "--revoke"], { cwd, env })).toMatchObject({ code: 0 });
    expect(existsSync(join(cwd, ".env"))).toBe(true);
    expect((await rotate(["forget", "app", "--yes"], { cwd, env })).code).toBe(0);
    expect((await rotate(["forget", "nobody", "--yes"], { cwd, env })).code).toBe(2);
  });

  test("takes several names and globs, and none is no way to say all", async () => {
    const { cwd, env } = await rotated();
    const { code, stdout } = await rotate(["forget", "a*", "--yes"], { cwd, env });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^app {2}forgotten/)]);
    expect((await rotate(["forget", "--yes"], { cwd, env })).code).toBe(2);
  });
});
