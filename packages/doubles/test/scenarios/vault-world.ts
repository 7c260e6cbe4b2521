/** The same mounts, roles, policies and logins, made in the double and in the server. */
import {
  createVaultDouble,
  startOpenBao,
  startPostgres,
  type OpenBao,
  type Postgres,
  type VaultDoubleOptions,
} from "@rotate/doubles";
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey } from "jose";
import type { VaultPlace } from "./vault-subject.ts";

const hour = 3_600_000;

/** What the application's policy grants. */
const granted = {
  "database/creds/*": ["read"],
  "database/static-creds/*": ["read"],
  "database/rotate-role/*": ["update"],
  "pki/issue/*": ["update"],
  "pki/revoke": ["update"],
  "secret/data/*": ["create", "read", "update", "delete"],
  "secret/delete/*": ["update"],
  "secret/destroy/*": ["update"],
  "kv/*": ["create", "read", "update", "delete"],
  "sys/leases/renew/*": ["update"],
  "sys/leases/revoke": ["update"],
  "sys/leases/revoke/*": ["update"],
  "nowhere/*": ["read"],
} as const;

/** Who signs the tokens of the jwt login. */
export interface Issuer {
  readonly publicKey: CryptoKey;
  readonly sign: (claims: Readonly<Record<string, unknown>>, seconds?: number) => Promise<string>;
}

export async function createIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const now = Math.floor(Date.now() / 1000);
  return {
    publicKey,
    sign: (claims, seconds = 300) =>
      new SignJWT({ iss: "https://issuer.example", sub: "job", aud: "rotate", ...claims })
        .setProtectedHeader({ alg: "ES256" })
        .setIssuedAt(now - 600)
        .setExpirationTime(now + seconds)
        .sign(privateKey),
  };
}

async function optionsOf({ publicKey }: Issuer): Promise<VaultDoubleOptions> {
  const life = { ttl: hour, maxTtl: 24 * hour, policies: ["app"] };
  return {
    vendor: "openbao",
    policies: { app: granted },
    tokens: [
      { id: "root", root: true },
      { id: "app-token", ttl: 720 * hour, policies: ["app"] },
      { id: "bare-token", ttl: hour },
      { id: "spent-token", ttl: hour },
    ],
    auth: {
      approle: {
        type: "approle",
        roles: { app: { ...life, roleId: "role-1", secretIds: { "secret-1": {}, "secret-once": { numUses: 1 } } } },
      },
      userpass: { type: "userpass", users: { ann: { ...life, password: "pa55word" } } },
      jwt: {
        type: "jwt",
        key: { ...(await exportJWK(publicKey)), alg: "ES256" },
        issuer: "https://issuer.example",
        roles: { ci: { ...life, audiences: ["rotate"], claims: { project: "app" } } },
      },
    },
    engines: {
      database: {
        type: "database",
        roles: { app: { ttl: hour, maxTtl: 2 * hour } },
        staticRoles: { legacy: { username: "legacy", rotationPeriod: 24 * hour } },
      },
      pki: {
        type: "pki",
        roles: {
          web: { ttl: hour, maxTtl: 72 * hour, domains: ["example.com"] },
          leased: { ttl: hour, maxTtl: hour, domains: ["example.com"], generateLease: true },
        },
      },
      secret: { type: "kv", version: 2, secrets: { app: { username: "app", port: 5432 } } },
      kv: { type: "kv", version: 1, secrets: { app: { password: "kv1" } } },
    },
  };
}

export interface VaultWorld extends VaultPlace {
  readonly close: () => Promise<void>;
}

export async function startDoubleWorld(issuer: Issuer): Promise<VaultWorld> {
  const double = await createVaultDouble(await optionsOf(issuer));
  return {
    url: double.url,
    close: double.close,
    giveProperty: async () => double.setDatabase("depended-upon"),
    wrap: async (data) => double.wrap(data, 60_000),
  };
}

/** OpenBao over a PostgreSQL, furnished by its API alone. */
export async function startRealWorld(issuer: Issuer): Promise<VaultWorld> {
  const [postgres, bao] = await Promise.all([startPostgres(), startOpenBao()]);
  await postgres.createRole("legacy", { password: "first" });
  await furnishAccess(bao, issuer);
  await furnishEngines(bao, postgres);
  return {
    url: bao.url,
    close: async () => void (await Promise.all([bao.close(), postgres.close()])),
    giveProperty: async (username) => {
      const admin = await postgres.connect();
      await admin.query(`create table owned (x int); alter table owned owner to "${username}"`);
      await admin.end();
    },
    wrap: async (data) => {
      const headers = { "x-vault-token": bao.token, "x-vault-wrap-ttl": "60s" };
      const answer = await fetch(`${bao.url}/v1/sys/wrapping/wrap`, {
        method: "POST",
        headers,
        body: JSON.stringify(data),
      });
      return ((await answer.json()) as { readonly wrap_info: { readonly token: string } }).wrap_info.token;
    },
  };
}

async function furnishAccess({ write }: OpenBao, { publicKey }: Issuer): Promise<void> {
  const rules = Object.entries(granted).map(
    ([path, capabilities]) => `path "${path}" { capabilities = ${JSON.stringify(capabilities)} }`,
  );
  await write("sys/policies/acl/app", { policy: rules.join("\n") });
  await write("auth/token/create-orphan", { id: "app-token", ttl: "720h", policies: ["app"] });
  for (const id of ["bare-token", "spent-token"])
    await write("auth/token/create-orphan", { id, ttl: "1h", policies: ["default"] });
  const life = { token_policies: "app", token_ttl: "1h", token_max_ttl: "24h" };
  for (const type of ["approle", "userpass", "jwt"]) await write(`sys/auth/${type}`, { type });
  await write("auth/approle/role/app", life);
  await write("auth/approle/role/app/role-id", { role_id: "role-1" });
  await write("auth/approle/role/app/custom-secret-id", { secret_id: "secret-1" });
  await write("auth/approle/role/app/custom-secret-id", { secret_id: "secret-once", num_uses: 1 });
  await write("auth/userpass/users/ann", { ...life, password: "pa55word" });
  await write("auth/jwt/config", {
    jwt_validation_pubkeys: [await exportSPKI(publicKey)],
    bound_issuer: "https://issuer.example",
  });
  await write("auth/jwt/role/ci", {
    ...life,
    role_type: "jwt",
    user_claim: "sub",
    bound_audiences: ["rotate"],
    bound_claims: { project: "app" },
  });
}

async function furnishEngines({ write }: OpenBao, postgres: Postgres): Promise<void> {
  await write("sys/mounts/database", { type: "database" });
  await write("database/config/pg", {
    plugin_name: "postgresql-database-plugin",
    connection_url: `postgresql://{{username}}:{{password}}@${postgres.host}:${postgres.port}/postgres?sslmode=disable`,
    username: postgres.superuser,
    password: postgres.password,
    allowed_roles: "*",
  });
  const creation_statements = `create role "{{name}}" login password '{{password}}' valid until '{{expiration}}'`;
  await write("database/roles/app", { db_name: "pg", creation_statements, default_ttl: "1h", max_ttl: "2h" });
  await write("database/static-roles/legacy", { db_name: "pg", username: "legacy", rotation_period: "24h" });
  await write("sys/mounts/pki", { type: "pki", config: { max_lease_ttl: "87600h" } });
  await write("pki/root/generate/internal", { common_name: "test root", ttl: "87600h", key_type: "ec" });
  const pki = { allowed_domains: "example.com", allow_subdomains: true, allow_bare_domains: true, key_type: "ec" };
  await write("pki/roles/web", { ...pki, ttl: "1h", max_ttl: "72h" });
  await write("pki/roles/leased", { ...pki, ttl: "1h", max_ttl: "1h", generate_lease: true });
  await write("secret/data/app", { data: { username: "app", port: 5432 } });
  await write("sys/mounts/kv", { type: "kv", options: { version: "1" } });
  await write("kv/app", { password: "kv1" });
}
