import { type Alarm, type Notifier, RotateError, type SecretRef } from "@rotate/plugin-kit";
import { notifierContract, type NotifierHarness, notifierRules, secretRef, type Stage } from "@rotate/testkit";
import { describe, test } from "vitest";
import { forever, testEveryRule } from "./every-rule.ts";

/** A receiver in memory, reached by the name in the options. */
interface Receiver {
  mode: "works" | "refuses" | "hangs";
  readonly texts: string[];
}
interface ReceiverStage extends Stage {
  readonly receiver: Receiver;
}
const receivers = new Map<string, Receiver>();
let started = 0;

type Ctx = Parameters<Notifier["send"]>[1];
interface Options {
  readonly name: string;
  readonly key: SecretRef;
}

async function tell(text: string, ctx: Ctx): Promise<void> {
  const { name, key } = ctx.options as Options;
  await ctx.resolve(key);
  const receiver = receivers.get(name) as Receiver;
  if (receiver.mode === "hangs") await ctx.sleep(3_600_000);
  if (receiver.mode === "refuses")
    throw new RotateError("the receiver says no", { code: "FAILED", retryable: true, hint: "look at it" });
  receiver.texts.push(text);
}

const outside = {
  start: (): ReceiverStage => {
    started += 1;
    const name = `receiver-${started}`;
    const receiver: Receiver = { mode: "works", texts: [] };
    receivers.set(name, receiver);
    return {
      receiver,
      options: { name, key: secretRef("key-of-the-receiver") },
      secrets: ["key-of-the-receiver"],
      close: () => void receivers.delete(name),
    };
  },
  received: ({ receiver }: ReceiverStage) => receiver.texts,
  refuse: ({ receiver }: ReceiverStage) => void (receiver.mode = "refuses"),
  hang: ({ receiver }: ReceiverStage) => void (receiver.mode = "hangs"),
};

const options = {
  type: "object",
  properties: { name: { type: "string" }, key: { type: "string", secret: true } },
  required: ["name", "key"],
} as const;
const badOptions = { ...options, properties: { ...options.properties, on: { type: "boolean" } as const } };

const good: Notifier = {
  type: "sample",
  options,
  check: async (ctx) => void (await ctx.resolve((ctx.options as Options).key)),
  send: ({ text }, ctx) => tell(text, ctx),
};
function harness(parts: Partial<Notifier> = {}): NotifierHarness {
  return { ...outside, notifier: { ...good, ...parts } } as unknown as NotifierHarness;
}

async function logKey(ctx: Ctx): Promise<void> {
  const key = await ctx.resolve((ctx.options as Options).key);
  ctx.log.info(Array.from(key.reveal()).toReversed().join(""));
}

describe("notifiers", () => {
  testEveryRule(notifierRules, {
    good: [harness()],
    breakers: {
      "describes its options in the schema subset": [[harness({ options: badOptions }), /belongs to the engine/]],
      "sends nothing in check": [[harness({ check: (ctx) => tell("x", ctx) }), /check told/]],
      "tells the receiver once per call, whether something begins or is over": [
        [harness({ send: async () => undefined }), /told the receiver once/],
        [
          harness({ send: async ({ step, text }, ctx) => (step === "recovered" ? undefined : tell(text, ctx)) }),
          /once more/,
        ],
        [harness({ send: ({ title }: Alarm, ctx) => tell(title, ctx) }), /sees what happened/],
      ],
      "throws a RotateError with a hint when the receiver does not take it": [
        [harness({ send: async () => undefined }), /succeeded although/],
        [harness({ send: () => Promise.reject(new Error("x")) }), /not a RotateError/],
      ],
      "ends with its signal when the receiver is silent": [
        [harness({ send: () => new Promise(() => undefined) }), /went on/],
        [
          harness({ send: (_alarm, ctx) => forever(ctx).catch(() => Promise.reject(new Error("aborted"))) }),
          /not a RotateError/,
        ],
      ],
      "gives no secret away in the log": [[harness({ send: (_alarm, ctx) => logKey(ctx) }), /the log, reversed/]],
    },
  });
  notifierContract({ describe, test }, harness());
});
