import { type Probe, type Reload, type ReloadEvent, RotateError, type SecretRef } from "@rotate/plugin-kit";
import {
  probeContract,
  type ProbeHarness,
  probeRules,
  reloadContract,
  type ReloadHarness,
  reloadRules,
  secretRef,
  type Stage,
} from "@rotate/testkit";
import { describe, test } from "vitest";
import { forever, testEveryRule } from "./every-rule.ts";

/** A consumer in memory, reached by the name in the options. */
interface Consumer {
  mode: "works" | "refuses" | "hangs";
  reloads: number;
  /** The fingerprint that it was last reloaded for. */
  mark?: string;
}
interface ConsumerStage extends Stage {
  readonly consumer: Consumer;
}
const consumers = new Map<string, Consumer>();
let started = 0;

type Ctx = Parameters<Probe["run"]>[0];

function consumerOf(ctx: Ctx): Consumer {
  return consumers.get((ctx.options as { readonly name: string }).name) as Consumer;
}

async function call(ctx: Ctx): Promise<Consumer> {
  await ctx.resolve((ctx.options as { readonly key: SecretRef }).key);
  const consumer = consumerOf(ctx);
  if (consumer.mode === "hangs") await ctx.sleep(3_600_000);
  if (consumer.mode === "refuses")
    throw new RotateError("the consumer says no", { code: "FAILED", retryable: true, hint: "look at it" });
  return consumer;
}

const outside = {
  start: (): ConsumerStage => {
    started += 1;
    const name = `consumer-${started}`;
    const consumer: Consumer = { mode: "works", reloads: 0 };
    consumers.set(name, consumer);
    return {
      consumer,
      options: { name, key: secretRef("key-of-the-consumer") },
      secrets: ["key-of-the-consumer"],
      close: () => void consumers.delete(name),
    };
  },
  refuse: ({ consumer }: ConsumerStage) => void (consumer.mode = "refuses"),
  hang: ({ consumer }: ConsumerStage) => void (consumer.mode = "hangs"),
};

const options = {
  type: "object",
  properties: { name: { type: "string" }, key: { type: "string", secret: true } },
  required: ["name", "key"],
} as const;
const badOptions = { ...options, properties: { ...options.properties, x: { oneOf: [] } as never } };

const goodProbe: Probe = { type: "sample", options, run: async (ctx) => void (await call(ctx)) };
function probeHarness(parts: Partial<Probe> = {}): ProbeHarness {
  return { ...outside, probe: { ...goodProbe, ...parts } } as unknown as ProbeHarness;
}

async function logKey(ctx: Ctx): Promise<void> {
  const key = await ctx.resolve((ctx.options as { readonly key: SecretRef }).key);
  ctx.log.info(Array.from(key.reveal()).toReversed().join(""));
}

describe("probes", () => {
  testEveryRule(probeRules, {
    good: [probeHarness()],
    breakers: {
      "describes its options in the schema subset": [[probeHarness({ options: badOptions }), /subset/]],
      "succeeds when it works, each time": [
        [
          probeHarness({
            run: async (ctx) => {
              const consumer = await call(ctx);
              consumer.mode = "refuses";
            },
          }),
          /says no/,
        ],
      ],
      "throws a RotateError with a hint when it does not work": [
        [probeHarness({ run: async () => undefined }), /succeeded although/],
        [probeHarness({ run: () => Promise.reject(new Error("x")) }), /not a RotateError/],
      ],
      "ends with its signal when the other side is silent": [
        [probeHarness({ run: () => new Promise(() => undefined) }), /went on/],
      ],
      "gives no secret away in the log": [[probeHarness({ run: logKey }), /the log, reversed/]],
    },
  });
  probeContract({ describe, test }, probeHarness());
});

const goodReload: Reload = {
  type: "sample",
  options,
  adopts: () => true,
  check: async (ctx) => void (await call(ctx)),
  run: async (_event, ctx) => {
    const consumer = await call(ctx);
    consumer.reloads += 1;
  },
};
function count({ consumer }: ConsumerStage): number {
  return consumer.reloads;
}
function reloadHarness(parts: Partial<Reload> = {}): ReloadHarness {
  return { ...outside, count, reload: { ...goodReload, ...parts } } as unknown as ReloadHarness;
}

/** Reloads a consumer only for a fingerprint that it does not have yet. */
async function reloadByMark({ fingerprint }: ReloadEvent, ctx: Ctx): Promise<void> {
  const consumer = await call(ctx);
  if (consumer.mark === fingerprint) return;
  consumer.mark = fingerprint;
  consumer.reloads += 1;
}
function markingHarness(run: Reload["run"] = reloadByMark): ReloadHarness {
  return { ...reloadHarness({ run }), marks: true };
}

function reloadsOnce(): Reload["run"] {
  return async (_event, ctx) => {
    const consumer = await call(ctx);
    consumer.reloads = 1;
  };
}

describe("reloads", () => {
  testEveryRule(reloadRules, {
    good: [reloadHarness(), markingHarness()],
    breakers: {
      "describes its options in the schema subset": [[reloadHarness({ options: badOptions }), /subset/]],
      "says by the options alone whether success shows adoption": [
        [reloadHarness({ adopts: () => "yes" as never }), /true or false/],
        [reloadHarness({ adopts: () => (started += 1) % 2 === 0 }), /pure/],
      ],
      "changes nothing in check": [
        [reloadHarness({ check: (ctx) => goodReload.run({} as never, ctx) }), /check reloaded/],
      ],
      "reloads the consumer once per call, and bears repeating, whatever the reason": [
        [reloadHarness({ run: async () => undefined }), /reloaded the consumer once/],
        [reloadHarness({ run: reloadsOnce() }), /once more/],
        [
          reloadHarness({
            run: async (event, ctx) => {
              (event as { reason: string }).reason = "x";
              await goodReload.run(event, ctx);
            },
          }),
          /read only/,
        ],
        [
          reloadHarness({
            run: async (event, ctx) => {
              void (event.expiresAt as Date).toISOString();
              await goodReload.run(event, ctx);
            },
          }),
          /toISOString/,
        ],
      ],
      "reloads the consumer once for one fingerprint, however often it is run": [
        [markingHarness((event, ctx) => goodReload.run(event, ctx)), /has the fingerprint/],
      ],
      "throws a RotateError with a hint when the consumer cannot be reloaded": [
        [reloadHarness({ run: async () => undefined }), /succeeded although/],
      ],
      "ends with its signal when the consumer is silent": [
        [reloadHarness({ run: () => new Promise(() => undefined) }), /went on/],
        [
          reloadHarness({ run: (_event, ctx) => forever(ctx).catch(() => Promise.reject(new Error("aborted"))) }),
          /not a RotateError/,
        ],
      ],
      "gives no secret away in the log": [[reloadHarness({ run: (_event, ctx) => logKey(ctx) }), /the log, reversed/]],
    },
  });
  reloadContract({ describe, test }, reloadHarness());
});
