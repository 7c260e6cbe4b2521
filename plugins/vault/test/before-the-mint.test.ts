import { describe, expect, test } from "vitest";
import { vaultKv } from "../src/kv.ts";
import { vaultStaticRole } from "../src/static-role.ts";
import { vault } from "../src/vault.ts";
import { appPolicy, contextOf, database, loggedIn, start } from "./support/call.ts";

const web = { path: "pki/issue/web", method: "write", fields: { cert: "certificate" } };
const stored = { mount: "secret", path: "app", engine: "2", fields: { password: "password" } };

/** A server whose token may do all that the application needs, but for these paths. */
async function without(...paths: readonly (keyof typeof appPolicy)[]) {
  const kept = Object.entries(appPolicy).filter(([path]) => !paths.includes(path as keyof typeof appPolicy));
  return start({ policies: { app: Object.fromEntries(kept) } });
}

describe("a check asks what the token may do, and mints nothing", () => {
  test.each([
    [
      "a path that it may not read",
      vault,
      { ...database, method: "read" },
      "database/creds/*",
      'path "database/creds/app" { capabilities = ["read"] }',
    ],
    ["a path that it may not write", vault, web, "pki/issue/*", 'path "pki/issue/web" { capabilities = ["update"] }'],
    ["a stored value", vaultKv, stored, "secret/data/*", 'path "secret/data/app" { capabilities = ["read"] }'],
    [
      "a static role",
      vaultStaticRole,
      { mount: "database", role: "legacy" },
      "database/static-creds/*",
      'path "database/static-creds/legacy" { capabilities = ["read"] }',
    ],
  ] as const)("%s", async (_name, provider, request, path, policy) => {
    const { double, clock } = await without(path);
    const ctx = await loggedIn({ double, clock, provider });
    await expect(provider.check?.(ctx, request)).rejects.toMatchObject({
      code: "DENIED",
      retryable: false,
      hint: `grant it in a policy: ${policy}`,
    });
    expect(double.issued).toEqual([]);
  });

  test("all that is missing at once", async () => {
    const { double, clock } = await without("database/static-creds/*", "database/rotate-role/*");
    const ctx = await loggedIn({ double, clock, provider: vaultStaticRole });
    const request = { mount: "database", role: "legacy", rotate: true };
    await expect(vaultStaticRole.check?.(ctx, request)).rejects.toMatchObject({
      message:
        "the token may not read database/static-creds/legacy, update database/rotate-role/legacy: permission denied (HTTP 403)",
    });
  });

  test("a missing right to revoke is warned of, with the policy and the way out", async () => {
    const { double, clock } = await without("sys/leases/revoke", "sys/leases/revoke/*");
    const ctx = await loggedIn({ double, clock });
    await vault.check?.(ctx, { ...database, method: "read" });
    expect(ctx.logs.at(-1)).toMatchObject({
      level: "warn",
      message: "the token may not revoke what it makes: it will live until it expires",
      fields: { remedy: expect.stringContaining('path "sys/leases/revoke" { capabilities = ["update"] }') },
    });
    expect(ctx.logs.at(-1)?.fields["remedy"]).toContain("revoke: never");
  });

  test("nothing is said where all is granted, or where it may not be asked", async () => {
    const granted = await start();
    const ctx = await loggedIn(granted);
    await vault.check?.(ctx, { ...database, method: "read" });
    await vault.check?.(ctx, web);
    expect(ctx.logs.filter(({ level }) => level === "warn")).toEqual([]);
    granted.double.faults.next("POST /v1/sys/capabilities-self", {
      status: 403,
      body: { errors: ["permission denied"] },
    });
    await vault.check?.(ctx, { ...database, method: "read" });
  });
});

test("a server over http that is not on this machine gets no secret", async () => {
  const { double, clock } = await start();
  const ctx = contextOf({ double, clock, options: { address: "http://vault.example.com:8200" } });
  await expect(vault.login?.(ctx)).rejects.toMatchObject({
    code: "INVALID",
    retryable: false,
    message: "address would get a secret in the clear",
  });
  const standby = await start();
  standby.double.setNode("standby", "http://vault-1.example.com:8200");
  const redirected = { ...standby, options: { redirectHosts: ["vault-1.example.com"] } };
  await expect(loggedIn(redirected)).rejects.toMatchObject({ code: "INVALID" });
});
