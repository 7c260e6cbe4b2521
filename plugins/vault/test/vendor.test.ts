import type { Provider } from "@rotate/plugin-kit";
import {
  createVaultDouble,
  openBaoProgram,
  postgresUnavailable,
  skippedWithout,
  startPostgres,
  type OpenBao,
} from "@rotate/doubles";
import { createTestContext, secretRef } from "@rotate/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { vaultKv } from "../src/kv.ts";
import { vaultStaticRole } from "../src/static-role.ts";
import { vault } from "../src/vault.ts";
import { base, leaseOf, mint, revealed } from "./support/call.ts";
import { cli, startRealServer } from "./support/server.ts";

const program = openBaoProgram();
const why = skippedWithout(program, "OpenBao");

async function contextOn(server: OpenBao, provider: Provider) {
  await server.write("sys/auth/userpass", { type: "userpass" });
  await server.write("sys/policies/acl/app", {
    policy:
      'path "database/*" { capabilities = ["read", "update"] } path "pki/*" { capabilities = ["update"] } path "secret/data/*" { capabilities = ["read"] } path "sys/leases/revoke" { capabilities = ["update"] }',
  });
  await server.write("auth/userpass/users/app", { password: "pa55word", token_policies: "app", token_ttl: "1h" });
  const options = {
    address: server.url,
    auth: { method: "userpass", username: "app", password: secretRef("pa55word") },
  };
  const ctx = createTestContext({ options, schema: provider.options });
  return { ...ctx, login: await provider.login?.(ctx) };
}

describe.skipIf(program === undefined)(`the vendor's own client is content with the double${why}`, () => {
  const name = program ?? "";

  test("reads credentials, looks up, renews and revokes their leases", async () => {
    const double = await createVaultDouble(base);
    onTestFinished(double.close);
    const at = { address: double.url, token: "hvs.app-token" };
    const made = await cli(name, ["read", "database/creds/app"], at);
    expect(made).toMatchObject({
      lease_duration: 3600,
      renewable: true,
      data: { username: double.databaseUsers()[0] },
    });
    const leaseId = String(made["lease_id"]);
    expect(await cli(name, ["lease", "renew", "-increment=7200", leaseId], at)).toMatchObject({
      lease_id: leaseId,
      lease_duration: 7200,
    });
    expect(await cli(name, ["lease", "lookup", leaseId], at)).toMatchObject({ data: { ttl: expect.any(Number) } });
    expect(await cli(name, ["token", "lookup"], at)).toMatchObject({ data: { type: "service" } });
    await expect(cli(name, ["write", "-f", "pki/issue/web"], at)).rejects.toThrow(/common_name field is required/);
    await cli(name, ["lease", "revoke", "-sync", leaseId], at);
    expect(double.databaseUsers()).toEqual([]);
  });
});

describe.skipIf(program === undefined)(`the vendor's own server${why}`, () => {
  test("hands out, revokes and explains what the double does: certificates, stored values, refusals", async () => {
    const server = await startRealServer();
    const ctx = await contextOn(server, vault);
    await vault.check?.(ctx, { path: "database/creds/app", method: "read", fields: {} });
    await expect(vault.check?.(ctx, { path: "transit/keys/x", method: "read", fields: {} })).rejects.toMatchObject({
      code: "DENIED",
      hint: expect.stringContaining('path "transit/keys/x"'),
    });
    expect(await vault.keepAlive?.(ctx)).toMatchObject({ expires: { in: 3_600_000 } });

    await server.write("sys/mounts/pki", { type: "pki", config: { max_lease_ttl: "87600h" } });
    await server.write("pki/root/generate/internal", { common_name: "test root", ttl: "87600h" });
    await server.write("pki/roles/web", { allowed_domains: "example.com", allow_subdomains: true, max_ttl: "72h" });
    const web = {
      path: "pki/issue/web",
      method: "write",
      parameters: { common_name: "app.example.com" },
      ttl: 3_600_000,
      fields: { cert: "certificate", key: "private_key", chain: "ca_chain" },
    };
    const minted = await mint(web, ctx);
    expect(revealed(minted)["key"]).toContain("PRIVATE KEY");
    await vault.revoke?.(leaseOf(minted, ctx), ctx);
    await vault.revoke?.(leaseOf(minted, ctx), ctx);

    await server.write("secret/data/app", { data: { password: "kv-s3cret" } });
    expect(revealed(await mint({ path: "app", fields: { password: "password" } }, ctx, vaultKv))).toEqual({
      password: "kv-s3cret",
    });
    await expect(mint({ path: "nothing", fields: { password: "password" } }, ctx, vaultKv)).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    await expect(mint({ path: "transit/x", fields: { a: "a" } }, ctx)).rejects.toMatchObject({
      code: "DENIED",
      message: expect.stringContaining("may not read transit/x"),
    });
    await expect(mint({ ...web, path: "pki/issue/nope" }, ctx)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("unknown role"),
    });
  });

  const unavailable = postgresUnavailable();
  test.skipIf(unavailable !== undefined)(
    `makes, renews and drops users of a real PostgreSQL${unavailable === undefined ? "" : ` (skipped: ${unavailable})`}`,
    async () => {
      const postgres = await startPostgres();
      onTestFinished(postgres.close);
      await postgres.createRole("legacy", { password: "first" });
      const server = await startRealServer();
      await server.write("sys/mounts/database", { type: "database" });
      await server.write("database/config/pg", {
        plugin_name: "postgresql-database-plugin",
        connection_url: `postgresql://{{username}}:{{password}}@${postgres.host}:${postgres.port}/postgres?sslmode=disable`,
        username: postgres.superuser,
        password: postgres.password,
        allowed_roles: "*",
      });
      const creation = "CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}';";
      await server.write("database/roles/app", {
        db_name: "pg",
        creation_statements: creation,
        default_ttl: "1h",
        max_ttl: "2h",
      });
      await server.write("database/static-roles/legacy", { db_name: "pg", username: "legacy", rotation_period: "24h" });
      const ctx = await contextOn(server, vault);

      const minted = await mint(
        { path: "database/creds/app", fields: { username: "username", password: "password" }, ttl: 5_400_000 },
        ctx,
      );
      expect(minted).toMatchObject({ expires: { in: 5_400_000 }, renewable: true });
      const { username, password } = revealed(minted);
      const client = await postgres.connect({ user: username, password });
      await client.end();
      expect(await vault.renew?.(leaseOf(minted, ctx), ctx)).toMatchObject({ renewable: true });
      await vault.revoke?.(leaseOf(minted, ctx), ctx);
      await vault.revoke?.(leaseOf(minted, ctx), ctx);
      await expect(postgres.connect({ user: username, password })).rejects.toThrow(/authentication failed/);

      const first = revealed(await mint({ role: "legacy", rotate: true }, ctx, vaultStaticRole));
      const second = revealed(await mint({ role: "legacy", rotate: true }, ctx, vaultStaticRole));
      await expect(postgres.connect({ user: "legacy", password: first["password"] })).rejects.toThrow(
        /authentication failed/,
      );
      const owner = await postgres.connect({ user: "legacy", password: second["password"] });
      await owner.end();
      await expect(
        mint({ path: "database/static-creds/legacy", fields: { password: "password" } }, ctx),
      ).rejects.toMatchObject({ hint: expect.stringContaining("vault-static-role") });
      await expect(mint({ path: "database/creds/nope", fields: { a: "a" } }, ctx)).rejects.toMatchObject({
        code: "NOT_FOUND",
      });

      const wanted = { path: "database/creds/app", fields: { password: "password", username: "username" } };
      const owner2 = await mint(wanted, ctx);
      const admin = await postgres.connect({});
      await admin.query("CREATE TABLE owned (x int)");
      await admin.query(`ALTER TABLE owned OWNER TO "${revealed(owner2)["username"]}"`);
      await admin.end();
      await expect(vault.revoke?.(leaseOf(owner2, ctx), ctx)).rejects.toMatchObject({
        hint: expect.stringContaining("REASSIGN OWNED"),
      });
      await server.write("database/roles/broken", { db_name: "pg", creation_statements: "CREATE ROLE x nonsense;" });
      await expect(mint({ ...wanted, path: "database/creds/broken" }, ctx)).rejects.toMatchObject({
        code: "UNAVAILABLE",
        retryable: false,
        noEffect: true,
      });
      await postgres.close();
      await expect(mint(wanted, ctx)).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true, noEffect: true });
    },
  );
});
