import { type Coordinator, type KeptPermit, RotateError, type SecretRef } from "@rotate/plugin-kit";
import { coordinatorContract, type CoordinatorHarness, coordinatorRules, secretRef, type Stage } from "@rotate/testkit";
import { describe, test } from "vitest";
import { forever, testEveryRule } from "./every-rule.ts";

/** Records in memory, reached by the name in the options. */
interface Records {
  mode: "works" | "refuses" | "hangs";
  readonly all: Map<number, KeptPermit>;
  writes: number;
}
interface RecordsStage extends Stage {
  readonly records: Records;
}
const places = new Map<string, Records>();
let started = 0;

type Ctx = Parameters<Coordinator["read"]>[1];
interface Options {
  readonly name: string;
  readonly key: SecretRef;
}

async function reach(ctx: Ctx): Promise<Records> {
  const { name, key } = ctx.options as Options;
  await ctx.resolve(key);
  const records = places.get(name) as Records;
  if (records.mode === "hangs") await ctx.sleep(3_600_000);
  if (records.mode === "refuses")
    throw new RotateError("the place says no", { code: "DENIED", retryable: false, hint: "look at it" });
  return records;
}

const outside = {
  start: (): RecordsStage => {
    started += 1;
    const name = `records-${started}`;
    const records: Records = { mode: "works", all: new Map(), writes: 0 };
    places.set(name, records);
    return {
      records,
      options: { name, key: secretRef("key-of-the-records") },
      secrets: ["key-of-the-records"],
      close: () => void places.delete(name),
    };
  },
  refuse: ({ records }: RecordsStage) => void (records.mode = "refuses"),
  hang: ({ records }: RecordsStage) => void (records.mode = "hangs"),
};

const options = {
  type: "object",
  properties: { name: { type: "string" }, key: { type: "string", secret: true } },
  required: ["name", "key"],
} as const;
const badOptions = { ...options, properties: { ...options.properties, deadAfter: { type: "boolean" } as const } };

const read: Coordinator["read"] = async (permit, ctx) => (await reach(ctx)).all.get(permit);
const write: Coordinator["write"] = async (number, { permit, version }, ctx) => {
  const records = await reach(ctx);
  if (records.all.get(number)?.version !== version) return undefined;
  const next = String(++records.writes);
  records.all.set(number, { permit, version: next });
  return next;
};
const careless: Coordinator["write"] = async (number, { permit }, ctx) => {
  const records = await reach(ctx);
  const version = String(++records.writes);
  records.all.set(number, { permit, version });
  return version;
};
/** Looks, and writes a moment later. */
const slow: Coordinator["write"] = async (number, next, ctx) => {
  const { version } = (await read(number, ctx)) ?? {};
  await new Promise(setImmediate);
  return version === next.version ? careless(number, next, ctx) : undefined;
};

const good: Coordinator = {
  type: "sample",
  options,
  check: async (_permits, ctx) => void (await ctx.resolve((ctx.options as Options).key)),
  read,
  write,
};
function harness(parts: Partial<Coordinator> = {}): CoordinatorHarness {
  return { ...outside, coordinator: { ...good, ...parts } } as unknown as CoordinatorHarness;
}

async function logKey(ctx: Ctx): Promise<void> {
  const key = await ctx.resolve((ctx.options as Options).key);
  ctx.log.info(Array.from(key.reveal()).toReversed().join(""));
}

describe("coordinators", () => {
  testEveryRule(coordinatorRules, {
    good: [harness()],
    breakers: {
      "describes its options in the schema subset": [[harness({ options: badOptions }), /belongs to the engine/]],
      "reads nothing where nothing was written, and check writes nothing": [
        [
          harness({
            check: async (_permits, ctx) => {
              const at = new Date(0);
              const permit = { holder: "x", acquiredAt: at, renewedAt: at, lasts: 1_000, transitions: 0 };
              await write(0, { permit, version: undefined }, ctx);
            },
          }),
          /undefined/,
        ],
      ],
      "reads what was written, whole": [
        [
          harness({
            write: (number, { permit: { unwell: _unwell, ...permit }, version }, ctx) =>
              write(number, { permit, version }, ctx),
          }),
          /unwell/,
        ],
      ],
      "keeps permits apart by their number": [
        [
          harness({ read: (_number, ctx) => read(0, ctx), write: (_number, next, ctx) => careless(0, next, ctx) }),
          /web/,
        ],
      ],
      "writes nothing over what has changed since it was read": [
        [harness({ write: careless }), /although it was there/],
      ],
      "lets one of many who come at once get it": [[harness({ write: slow }), /8 !== 1|!== 1/]],
      "throws a RotateError with a hint when it is refused, and takes no refusal for absence": [
        [harness({ read: async () => undefined }), /succeeded although/],
        [harness({ write: async () => undefined }), /succeeded although/],
        [harness({ read: () => Promise.reject(new Error("x")) }), /not a RotateError/],
      ],
      "ends with its signal when nobody answers": [
        [harness({ read: () => new Promise(() => undefined) }), /went on/],
        [
          harness({ read: (_number, ctx) => forever(ctx).catch(() => Promise.reject(new Error("aborted"))) }),
          /not a RotateError/,
        ],
      ],
      "gives no secret away in the log": [[harness({ check: (_permits, ctx) => logKey(ctx) }), /the log, reversed/]],
    },
  });
  coordinatorContract({ describe, test }, harness());
});
