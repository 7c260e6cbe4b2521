import type { RequestListener } from "node:http";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { answering } from "@rotate/doubles";
import { createEvents, type EngineEvent, type RotationReport } from "@rotate/core";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { tracesOf } from "../src/traces.ts";
import { folderWith, resultOf, said, start } from "./support.ts";

afterEach(() => vi.unstubAllEnvs());

const quiet = { warn: () => undefined };
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const report: RotationReport = {
  name: "db",
  provider: "vault",
  outcome: "rotated",
  reason: "its refresh time has come",
  standing: { state: "fresh", code: "fresh", exit: 0 },
  phases: [{ phase: "mint", result: "succeeded", durationMs: 120 }],
  sinks: [],
};
const denied = { code: "ROTATE_VERIFY_DENIED", message: "no", retryable: false };

interface Told {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly SpanJson[] }[];
  }[];
}
interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}
interface SpanJson {
  readonly name: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code?: number };
  readonly attributes: readonly Attribute[];
}

/** A collector on a real socket. */
async function startCollector(answers = true) {
  const told: Told[] = [];
  async function take(...[request, response]: Parameters<RequestListener>): Promise<void> {
    if (!answers) return;
    told.push((await json(request)) as Told);
    response.setHeader("content-type", "application/json").end("{}");
  }
  const { url, close } = await answering((request, response) => void take(request, response));
  onTestFinished(close);
  const spans = () =>
    told.flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans[0]?.spans ?? []));
  return { url, told, spans };
}

/** Gives what it warns of. */
async function trace(
  env: Readonly<Record<string, string>>,
  ...all: readonly EngineEvent[]
): Promise<readonly string[]> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const events = createEvents(quiet);
  let time = Date.parse("2030-01-01T00:00:00Z");
  const warnings: string[] = [];
  const log = { ...silent, warn: (message: string) => void warnings.push(message) };
  const stop = await tracesOf(events, { now: () => (time += 1_000), env: process.env, log, version: "1.2.3" });
  for (const event of all) events.emit(event);
  await stop();
  return warnings;
}

const rotation: readonly EngineEvent[] = [
  { type: "rotation-started", rotation: "db", why: "its refresh time has come" },
  { type: "phase-finished", rotation: "db", phase: { phase: "mint", result: "succeeded", durationMs: 120 } },
  {
    type: "phase-finished",
    rotation: "db",
    phase: { phase: "verify", result: "failed", durationMs: 30, error: denied },
  },
  { type: "phase-finished", rotation: "db", phase: { phase: "commit", result: "not-run", durationMs: 0 } },
  { type: "rotation-finished", rotation: "db", report },
];

describe("traces", () => {
  test("have a span for a rotation, and below it one for each phase that was tried", async () => {
    const { url, spans, told } = await startCollector();
    await trace(
      { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=prod" },
      ...rotation,
    );
    const root = spans().find(({ name }) => name === "rotation");
    expect(spans().map(({ name, parentSpanId }) => [name, parentSpanId])).toEqual([
      ["mint", root?.spanId],
      ["verify", root?.spanId],
      ["rotation", undefined],
    ]);
    const [mint, verify] = spans();
    expect(BigInt(mint!.endTimeUnixNano) - BigInt(mint!.startTimeUnixNano)).toBe(120_000_000n);
    expect(verify?.status.code).toBe(2);
    expect(verify?.attributes).toContainEqual({ key: "error.type", value: { stringValue: "ROTATE_VERIFY_DENIED" } });
    expect(told[0]?.resourceSpans[0]?.resource.attributes).toEqual(
      expect.arrayContaining([
        { key: "service.name", value: { stringValue: "rotate" } },
        { key: "deployment.environment", value: { stringValue: "prod" } },
      ]),
    );
  });

  test.each([
    ["no endpoint", {}],
    ["OTEL_SDK_DISABLED", { OTEL_SDK_DISABLED: "true" }],
    ["another exporter", { OTEL_TRACES_EXPORTER: "none" }],
  ])("are not made with %s", async (name, env) => {
    const { url, spans } = await startCollector();
    await trace({ ...(name !== "no endpoint" && { OTEL_EXPORTER_OTLP_ENDPOINT: url }), ...env }, ...rotation);
    expect(spans()).toEqual([]);
  });

  test("that a collector never answers keep nobody for long", async () => {
    const { url } = await startCollector(false);
    const began = performance.now();
    await trace({ OTEL_EXPORTER_OTLP_ENDPOINT: url }, ...rotation);
    expect(performance.now() - began).toBeLessThan(8_000);
  });
});

test("another protocol than the one that is spoken is warned of", async () => {
  const { url, spans } = await startCollector();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" };
  const started = { type: "rotation-started", rotation: "db", why: "due" } as const;
  const warnings = await trace(env, started, { type: "rotation-finished", rotation: "db", report });
  expect(warnings).toEqual(["traces are sent as http/json, not as OTEL_EXPORTER_OTLP_PROTOCOL says"]);
  expect(spans()).toHaveLength(1);
});

test.each(["run", "watch"])(
  "`rotate %s`, as it is installed, sends a span for each phase that it tried",
  async (command) => {
    const { url, spans } = await startCollector();
    const sinks = [{ type: "file", path: "app", values: { content: "{{ token }}" } }];
    const spec = {
      version: 1,
      providers: { local: { type: "jwt", issuer: "me", key: { path: "key.pem" } } },
      rotations: { app: { provider: "local", sinks } },
    };
    const cwd = folderWith({ "rotate.yaml": JSON.stringify(spec) });
    const child = start([command], { cwd, env: { OTEL_EXPORTER_OTLP_ENDPOINT: url } });
    onTestFinished(() => void child.kill("SIGKILL"));
    const ended = resultOf(child);
    if (command === "watch") {
      await said(child, "app: rotated");
      child.kill("SIGTERM");
    }
    await ended;
    const [root, ...others] = spans().filter(({ name }) => name === "rotation");
    expect(others).toEqual([]);
    const phases = spans().filter(({ parentSpanId }) => parentSpanId === root?.spanId);
    expect(phases.map(({ name }) => name)).toEqual(expect.arrayContaining(["preflight", "mint", "prepare", "commit"]));
    expect(new Set(phases.map(({ name }) => name)).size).toBe(phases.length);
    expect(JSON.stringify(spans())).not.toContain(readFileSync(join(cwd, "app"), "utf8").trim());
  },
);
