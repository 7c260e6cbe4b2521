import { type AzureDouble, createAzureDouble } from "@rotate/doubles";
import type { LoggedIn, Prepared, Sink, Values } from "@rotate/plugin-kit";
import { createFakeClock, type FakeClock, secretRef, type SinkCalls, sinkCalls } from "@rotate/testkit";
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
export interface SecretVault extends Pick<SinkCalls, "ctx" | "check"> {
  readonly azure: AzureDouble;
  readonly clock: FakeClock;
  readonly prepare: (value: string, more?: object) => Promise<Prepared<LoggedIn>>;
  readonly write: (value: string, more?: object) => Promise<Prepared<LoggedIn>>;
  readonly read: (more?: object) => Promise<Values>;
}

/** With `value`, the secret is there and has it, as somebody else wrote it. */
export async function secretVault(value?: string): Promise<SecretVault> {
  const clock = createFakeClock({ start: Math.floor(Date.now() / 1000) * 1000 });
  const azure = await startVault(clock.now);
  onTestFinished(azure.close);
  if (value !== undefined) azure.addVaultVersion(name, { value });
  const calls = sinkCalls(secretSink, { options: (more) => optionsFor(azure, more), clock });
  return {
    ...calls,
    azure,
    clock,
    prepare: (text, more) => calls.prepare({ value: text }, more),
    write: (text, more) => calls.write({ value: text }, more),
    read: (more) => calls.read(["value"], more),
  };
}
