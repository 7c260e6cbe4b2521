import { X509Certificate, createPrivateKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { vaultKv } from "../src/kv.ts";
import { vaultStaticRole } from "../src/static-role.ts";
import { vault } from "../src/vault.ts";
import { database, hour, leaseOf, loggedIn, minute, mint, revealed, start } from "./support/call.ts";

test("database: each mint makes a user of its own", async () => {
  const { double, clock } = await start();
  const ctx = await loggedIn({ double, clock });
  const first = revealed(await mint(database, ctx));
  const second = revealed(await mint(database, ctx));
  expect(first["username"]).not.toBe(second["username"]);
  expect(double.databaseUsers()).toHaveLength(2);
});

test("aws: a session that is never renewed, with the ttl asked for", async () => {
  const { double, clock } = await start();
  const fields = { accessKeyId: "access_key", secretAccessKey: "secret_key", sessionToken: "security_token" };
  const minted = await mint({ path: "aws/sts/deploy", fields, ttl: 90 * minute }, await loggedIn({ double, clock }));
  expect(minted).toMatchObject({ expires: { in: 90 * minute }, renewable: false });
  expect(revealed(minted)["accessKeyId"]).toMatch(/^ASIA/);
});

describe("pki", () => {
  const web = {
    path: "pki/issue/web",
    method: "write",
    parameters: { common_name: "app.example.com", alt_names: "www.example.com" },
    fields: { cert: "certificate", key: "private_key", chain: "ca_chain" },
  };

  test("hands out a certificate with its key and chain, and takes its end from the certificate", async () => {
    const { double, clock } = await start();
    const minted = await mint({ ...web, ttl: 48 * hour }, await loggedIn({ double, clock }));
    const { cert = "", key = "", chain = "" } = revealed(minted);
    const certificate = new X509Certificate(cert);
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(certificate.verify(new X509Certificate(chain).publicKey)).toBe(true);
    expect(minted.expires).toEqual(new Date(certificate.validTo));
    expect(vault.fields).toBeTypeOf("function");
  });

  test("declares what is PEM as text of several lines", () => {
    const fields = typeof vault.fields === "function" ? vault.fields({ ...web, method: "write" }) : vault.fields;
    expect(Object.values(fields).every(({ multiline, secret }) => multiline === true && secret)).toBe(true);
  });

  test("revokes a certificate without a lease by its serial number, again when it is revoked, and when it has expired", async () => {
    const { double, clock } = await start();
    const ctx = await loggedIn({ double, clock });
    const minted = await mint(web, ctx);
    await vault.revoke?.(leaseOf(minted, ctx), ctx);
    await vault.revoke?.(leaseOf(minted, ctx), ctx);
    await clock.advance(23 * hour + 59 * minute);
    const later = await mint({ ...web, ttl: minute }, ctx);
    await vault.revoke?.(leaseOf(later, ctx), ctx);
    expect(double.requests.filter(({ path }) => path === "/v1/pki/revoke")).toHaveLength(3);
  });

  test("says that a certificate which the role does not keep cannot be revoked", async () => {
    const { double, clock } = await start();
    const ctx = await loggedIn({ double, clock });
    const minted = await mint({ ...web, path: "pki/issue/unkept" }, ctx);
    await expect(vault.revoke?.(leaseOf(minted, ctx), ctx)).rejects.toMatchObject({
      code: "NOT_FOUND",
      retryable: false,
      hint: expect.stringContaining("no_store"),
    });
  });

  test("revokes by the lease when the role makes one", async () => {
    const { double, clock } = await start();
    const ctx = await loggedIn({ double, clock });
    const minted = await mint({ ...web, path: "pki/issue/leased" }, ctx);
    expect(minted).toMatchObject({ expires: { in: hour }, renewable: false });
    await vault.revoke?.(leaseOf(minted, ctx), ctx);
    expect(double.leases()).toEqual([]);
  });

  test("passes on what the server warns of, and what it refuses", async () => {
    const { double, clock } = await start();
    const ctx = await loggedIn({ double, clock });
    await mint({ ...web, ttl: 100 * hour }, ctx);
    expect(ctx.logs).toContainEqual(
      expect.objectContaining({
        level: "warn",
        fields: expect.objectContaining({ warning: expect.stringContaining("maxTTL") }),
      }),
    );
    const other = { ...web, parameters: { common_name: "evil.test" } };
    await expect(mint(other, ctx)).rejects.toMatchObject({
      code: "INVALID",
      message: "cannot write pki/issue/web: common name evil.test not allowed by this role (HTTP 400)",
    });
  });
});

describe("kv", () => {
  const request = { path: "app", fields: { password: "password", port: "/port" } };

  test("brings stored values, which never expire, to their consumers", async () => {
    const { double, clock } = await start();
    const minted = await mint(request, await loggedIn({ double, clock, provider: vaultKv }), vaultKv);
    expect(minted.expires).toBe("never");
    expect(revealed(minted)).toEqual({ password: "kv-s3cret", port: "5432" });
  });

  test("reads the version asked for", async () => {
    const { double, clock } = await start({ tokens: [{ id: "hvs.app-token", root: true }] });
    const ctx = await loggedIn({ double, clock, provider: vaultKv });
    await ctx.http(`${double.url}/v1/secret/data/app`, {
      headers: { "x-vault-token": "hvs.app-token" },
      json: { data: { password: "second", port: 1 } },
    });
    expect(revealed(await mint(request, ctx, vaultKv))["password"]).toBe("second");
    expect(revealed(await mint({ ...request, version: 1 }, ctx, vaultKv))["password"]).toBe("kv-s3cret");
    await expect(mint({ ...request, version: 9 }, ctx, vaultKv)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("tells a deleted version from one that never was", async () => {
    const { double, clock } = await start({ tokens: [{ id: "hvs.app-token", root: true }] });
    const ctx = await loggedIn({ double, clock, provider: vaultKv });
    await ctx.http(`${double.url}/v1/secret/data/app`, {
      method: "DELETE",
      headers: { "x-vault-token": "hvs.app-token" },
    });
    await expect(mint(request, ctx, vaultKv)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: "version 1 of secret/data/app was deleted at 2026-01-01T00:00:00.000Z",
    });
    await expect(mint({ ...request, path: "other" }, ctx, vaultKv)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: "cannot read secret/data/other (HTTP 404)",
    });
  });

  test("reads an engine of version 1, and does not take its long life for an end", async () => {
    const { double, clock } = await start();
    const minted = await mint(
      { mount: "kv", engine: "1", path: "app", fields: { password: "password" } },
      await loggedIn({ double, clock, provider: vaultKv }),
      vaultKv,
    );
    expect(minted.expires).toBe("never");
  });

  test("offers no revoke, because there is none", () => {
    expect(vaultKv).not.toHaveProperty("revoke");
    expect(vaultKv).not.toHaveProperty("renew");
  });
});

describe("a static role", () => {
  const request = { role: "legacy" };

  test("gives the password until the server changes it, and says that a change kills the previous one", async () => {
    const { double, clock } = await start();
    const ctx = await loggedIn({ double, clock, provider: vaultStaticRole });
    const minted = await mint(request, ctx, vaultStaticRole);
    expect(minted).toMatchObject({ expires: { in: 24 * hour }, fields: { username: "legacy" } });
    await clock.advance(hour);
    expect(await mint(request, ctx, vaultStaticRole)).toMatchObject({ expires: { in: 23 * hour } });
    expect(vaultStaticRole.overlap).toBe(false);
  });

  test("waits for the new password when the change is seconds away", async () => {
    const { double, clock } = await start();
    const ctx = await loggedIn({ double, clock, provider: vaultStaticRole });
    const old = revealed(await mint(request, ctx, vaultStaticRole))["password"];
    await clock.advance(24 * hour - 10_000);
    const minted = await mint(request, ctx, vaultStaticRole);
    expect(revealed(minted)["password"]).not.toBe(old);
    expect(minted.expires).toEqual({ in: 24 * hour - 1000 });
  });

  test("is changed at each mint when the rotation owns it", async () => {
    const { double, clock } = await start();
    const ctx = await loggedIn({ double, clock, provider: vaultStaticRole });
    const rotating = { ...request, rotate: true };
    const first = revealed(await mint(rotating, ctx, vaultStaticRole))["password"];
    await clock.advance(hour);
    const second = await mint(rotating, ctx, vaultStaticRole);
    expect(revealed(second)["password"]).not.toBe(first);
    expect(second.expires).toEqual({ in: 24 * hour });
  });

  test("that the server fails to change is said to be so", async () => {
    const { double, clock } = await start();
    const ctx = await loggedIn({ double, clock, provider: vaultStaticRole });
    const body = {
      lease_id: "",
      lease_duration: 0,
      renewable: false,
      data: { username: "legacy", password: "old", ttl: 0, rotation_period: 60 },
    };
    double.faults.always("GET /v1/database/static-creds/legacy", { status: 200, body });
    await expect(mint(request, ctx, vaultStaticRole)).rejects.toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      hint: expect.stringContaining("server fails to change it"),
    });
  });
});

test.each([
  ["database/static-creds/legacy", "type: vault-static-role"],
  ["secret/data/app", "type: vault-kv"],
])("sends %s to the provider that fits it", async (path, hint) => {
  const { double, clock } = await start();
  await expect(
    mint({ path, fields: { password: "password" } }, await loggedIn({ double, clock })),
  ).rejects.toMatchObject({ code: "INVALID", hint: expect.stringContaining(hint) });
});
