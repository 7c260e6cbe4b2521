import type { Lease, Minted, Provider } from "@rotate/plugin-kit";
import { createVaultDouble, type VaultDouble, type VaultDoubleOptions, type VaultTokenSettings } from "@rotate/doubles";
import {
  createFakeClock,
  createTestContext,
  secretRef,
  withDefaults,
  type FakeClock,
  type TestContext,
} from "@rotate/testkit";
import { isSecret } from "@rotate/plugin-kit";
import { onTestFinished } from "vitest";
import { vault } from "../../src/vault.ts";

export const minute = 60_000;
export const hour = 60 * minute;

/** What an application's policy needs for all that the tests do. */
export const appPolicy = {
  "database/creds/*": ["read"],
  "database/static-creds/*": ["read"],
  "database/rotate-role/*": ["update"],
  "aws/sts/*": ["read", "update"],
  "pki/issue/*": ["update"],
  "pki/revoke": ["update"],
  "secret/data/*": ["read"],
  "kv/*": ["read"],
  "sys/leases/revoke": ["update"],
  "sys/leases/revoke/*": ["update"],
} as const;

export const base: VaultDoubleOptions = {
  policies: { app: appPolicy },
  tokens: [{ id: "hvs.app-token", ttl: 720 * hour, policies: ["app"] }],
  engines: {
    database: {
      type: "database",
      roles: { app: { ttl: hour, maxTtl: 3 * hour } },
      staticRoles: { legacy: { username: "legacy", rotationPeriod: 24 * hour } },
    },
    aws: {
      type: "aws",
      roles: { deploy: { ttl: hour, maxTtl: 2 * hour, arn: "arn:aws:sts::1:assumed-role/deploy/v" } },
    },
    pki: {
      type: "pki",
      roles: {
        web: { ttl: 24 * hour, maxTtl: 72 * hour, domains: ["example.com"] },
        leased: { ttl: hour, maxTtl: hour, domains: ["example.com"], generateLease: true },
        unkept: { ttl: hour, maxTtl: hour, domains: ["example.com"], noStore: true },
      },
    },
    secret: { type: "kv", version: 2, secrets: { app: { username: "app", password: "kv-s3cret", port: 5432 } } },
    kv: { type: "kv", version: 1, secrets: { app: { password: "kv1-s3cret" } } },
  },
};

/** A double with a clock that stands still (`at`: its beginning, ms since 1970); closed when the test ends. */
export async function start(
  options: VaultDoubleOptions = {},
  at?: number,
): Promise<{ readonly double: VaultDouble; readonly clock: FakeClock }> {
  const clock = createFakeClock({ autoAdvance: true, ...(at !== undefined && { start: at }) });
  const double = await createVaultDouble({ ...base, ...options, now: clock.now });
  onTestFinished(double.close);
  return { double, clock };
}

export const tokenAuth = { method: "token", token: secretRef("hvs.app-token") } as const;
export const database = { path: "database/creds/app", fields: { username: "username", password: "password" } };

export interface Setup {
  readonly double: Pick<VaultDouble, "url">;
  readonly clock: FakeClock;
  readonly provider?: Provider;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A provider's context without login. */
export function contextOf({ double, clock, provider = vault, options, env }: Setup): TestContext {
  const given = { address: double.url, auth: tokenAuth, ...options };
  return createTestContext({ options: given, schema: provider.options, clock, ...(env && { env }) });
}

/** The same, logged in. */
export async function loggedIn(setup: Setup): Promise<TestContext> {
  const ctx = contextOf(setup);
  return { ...ctx, login: await (setup.provider ?? vault).login?.(ctx) };
}

/** Mints with the request's defaults filled in. */
export function mint(request: object, ctx: TestContext, provider: Provider = vault): Promise<Minted> {
  return provider.mint(withDefaults(provider.request ?? { type: "object" }, request), ctx);
}

/** What was minted, as text. */
export function revealed({ fields }: Minted): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, isSecret(value) ? value.reveal() : value]),
  );
}

/** The lease as the journal gives it back. */
export function leaseOf({ handle }: Pick<Minted, "handle">, ctx: TestContext): Lease {
  return {
    id: ctx.leaseId,
    issuedAt: new Date(ctx.now()),
    expiresAt: new Date(ctx.now() + hour),
    handle: JSON.parse(JSON.stringify(handle)),
  };
}

/** Logs in by a password, with a token of these settings. */
export async function asUser(settings: VaultTokenSettings) {
  const users = { app: { policies: ["app"], ...settings, password: "pa55word" } };
  const { double, clock } = await start({ auth: { userpass: { type: "userpass", users } } });
  const auth = { method: "userpass", username: "app", password: secretRef("pa55word") };
  return { double, clock, ctx: await loggedIn({ double, clock, options: { auth } }) };
}
