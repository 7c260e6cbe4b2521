import { type AzureDouble, createAzureDouble } from "@rotate/doubles";
import type { LoggedIn, Prepared, Sink, Values } from "@rotate/plugin-kit";
import {
  createFakeClock,
  createTestContext,
  type FakeClock,
  secretRef,
  sinkValues,
  type TestContext,
} from "@rotate/testkit";
import { onTestFinished } from "vitest";
import plugin from "@rotate/plugin-azure";
import { clientId, clientSecret } from "../support.ts";

export const secretSink: Sink = plugin.sinks[0] ?? missing();

function missing(): never {
  throw new TypeError("the plugin offers no sink");
}

export const name = "app-db";

/** A tenant with one app, and a vault. */
export function startVault(now: () => number = Date.now): Promise<AzureDouble> {
  return createAzureDouble({ now, apps: [{ clientId, secrets: { [clientSecret]: undefined } }] });
}

/** Options of the sink that reach the double. */
export function optionsFor({ url, tenantId }: AzureDouble, more: object = {}) {
  const auth = { method: "client-secret", clientId, clientSecret: secretRef(clientSecret) };
  return { vault: url, name, scope: "https://vault.azure.net/.default", tenantId, authority: url, auth, ...more };
}

/** What readers get. */
export function readerSees({ vaultSecret }: AzureDouble): string | undefined {
  const { versions = [], deleted } = vaultSecret(name) ?? {};
  const newest = versions.at(-1);
  return deleted === true || newest?.enabled !== true ? undefined : newest.value;
}

/** A vault with a clock of its own, and calls as the engine makes them. */
export interface SecretVault {
  readonly azure: AzureDouble;
  readonly clock: FakeClock;
  readonly ctx: (more?: object, extra?: object) => Promise<LoggedIn & TestContext>;
  readonly prepare: (value: string, more?: object) => Promise<Prepared<LoggedIn>>;
  readonly write: (value: string, more?: object) => Promise<Prepared<LoggedIn>>;
  readonly check: (more?: object, extra?: object) => Promise<TestContext>;
  readonly read: (more?: object) => Promise<Values>;
}

/** With `value`, the secret is there and has it, as somebody else wrote it. */
export async function secretVault(value?: string): Promise<SecretVault> {
  const clock = createFakeClock({ start: Math.floor(Date.now() / 1000) * 1000 });
  const azure = await startVault(clock.now);
  onTestFinished(azure.close);
  if (value !== undefined) azure.addVaultVersion(name, { value });

  async function ctx(more: object = {}, extra: object = {}) {
    const made = createTestContext({ schema: secretSink.options, options: optionsFor(azure, more), clock });
    return { ...made, login: await secretSink.login?.(made), ...extra };
  }
  async function prepare(text: string, more?: object): Promise<Prepared<LoggedIn>> {
    return secretSink.prepare(sinkValues({ value: text }), await ctx(more));
  }
  return {
    azure,
    clock,
    ctx,
    prepare,
    async write(text, more) {
      const prepared = await prepare(text, more);
      if (prepared.changed) await prepared.commit(await ctx(more));
      return prepared;
    },
    async check(more, extra) {
      const made = await ctx(more, extra);
      await secretSink.check?.(made);
      return made;
    },
    read: async (more) => (await secretSink.read?.(["value"], await ctx(more))) ?? {},
  };
}
