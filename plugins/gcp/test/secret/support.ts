import { createGcpDouble, type GcpDouble } from "@rotate/doubles";
import type { Sink } from "@rotate/plugin-kit";
import { createFakeClock, type FakeClock, type SinkCalls, sinkCalls } from "@rotate/testkit";
import { onTestFinished } from "vitest";
import plugin from "@rotate/plugin-gcp";

export const secretSink: Sink = plugin.sinks[0] ?? missing();

function missing(): never {
  throw new TypeError("the plugin offers no sink");
}

/** The resource that the tests write. */
export const name = "projects/acme/secrets/app-db";
export type Mode = "latest" | "alias";

/** Options of the sink that reach the double. */
export function optionsFor(gcp: GcpDouble, mode: Mode, more: object = {}) {
  const alias = mode === "alias" ? { alias: "current" } : {};
  const endpoints = { ...gcp.endpoints, secretManager: gcp.url };
  return { project: "acme", secret: "app-db", ...alias, source: { method: "metadata" }, endpoints, ...more };
}

/** What a reader of the mode gets, once the lag is over. */
export function readerSees({ secret }: GcpDouble, mode: Mode): string | undefined {
  const { versions = [], aliases = {} } = secret(name) ?? {};
  const number = mode === "latest" ? versions.length : Number(aliases["current"]);
  const version = versions.find((one) => one.number === number);
  return version?.state === "ENABLED" ? version.payload.toString() : undefined;
}

/** A Google Cloud with a clock of its own, and calls as the engine makes them. */
export interface SecretCloud extends SinkCalls {
  readonly gcp: GcpDouble;
  readonly clock: FakeClock;
}

/** In the mode; with `text`, the secret is there and has it, as somebody else wrote it. */
export async function secretCloud(mode: Mode, text?: string): Promise<SecretCloud> {
  const clock = createFakeClock({ start: Math.floor(Date.now() / 1000) * 1000 });
  const gcp = await createGcpDouble({ now: clock.now });
  onTestFinished(gcp.close);
  if (text !== undefined) theirs(gcp, mode, text);
  const env = { PATH: process.env["PATH"], ...gcp.env };
  return { ...sinkCalls(secretSink, { options: (more) => optionsFor(gcp, mode, more), clock, env }), gcp, clock };
}

/** Somebody else makes the secret, or writes it again. */
export function theirs(gcp: GcpDouble, mode: Mode, text: string): void {
  if (gcp.secret(name) === undefined) gcp.setSecret(name);
  const number = gcp.addVersion(name, text);
  if (mode === "alias") gcp.setSecret(name, { aliases: { ...gcp.secret(name)?.aliases, current: String(number) } });
}
