import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile, chmod, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LoggedIn, type Prepared, RotateError, Secret, type Sink, type Values } from "@rotate/plugin-kit";
import { revealValues, secretRef, sinkContract, type SinkHarness, sinkRules, type SinkStage } from "@rotate/testkit";
import { describe, test } from "vitest";
import { forever, testEveryRule } from "./every-rule.ts";

type Ctx = Parameters<Sink["prepare"]>[1];
type Texts = Readonly<Record<string, string>>;
interface StoreStage extends SinkStage {
  readonly directory: string;
  readonly path: string;
}

/** The target: JSON in a file, with a version that every write changes. */
interface Store {
  readonly version: number;
  readonly data: Texts;
}

function pathOf({ options }: Ctx): string {
  return (options as { readonly path: string }).path;
}

async function load(path: string): Promise<Store> {
  return JSON.parse(await readFile(path, "utf8")) as Store;
}

async function save(path: string, data: Texts): Promise<void> {
  const { version } = await load(path);
  await writeFile(path, JSON.stringify({ version: version + 1, data }));
}

async function state(path: string): Promise<"works" | "refuses" | "hangs"> {
  const { mode } = await stat(path);
  if ((mode & 0o777) === 0o400) return "refuses";
  return (mode & 0o777) === 0o440 ? "hangs" : "works";
}

const conflict = new RotateError("somebody else wrote", { code: "CONFLICT", retryable: true, hint: "try again" });

async function open(ctx: Ctx): Promise<Store> {
  const now = await state(pathOf(ctx));
  if (now === "hangs") await ctx.sleep(3_600_000);
  if (now === "refuses")
    throw new RotateError("not writable", { code: "DENIED", retryable: false, hint: "make it writable" });
  return load(pathOf(ctx));
}

async function replaceIf(version: number, data: Texts, ctx: Ctx): Promise<void> {
  const now = await load(pathOf(ctx));
  if (now.version !== version) throw conflict;
  await save(pathOf(ctx), data);
}

const good: Sink = {
  type: "sample",
  options: { type: "object", properties: { path: { type: "string", format: "path" } }, required: ["path"] },
  keys: { pattern: "[A-Z]+", description: "capitals" },
  target: (options) => (options as { readonly path: string }).path,
  check: async (ctx) => void (await open(ctx)),
  prepare: async (values: Values, ctx): Promise<Prepared<LoggedIn>> => {
    const before = await open(ctx);
    const data = { ...before.data, ...revealValues(values) };
    const changed = JSON.stringify(data) !== JSON.stringify(before.data);
    let version = before.version;
    return {
      changed,
      commit: async (later) => {
        await replaceIf(version, data, later);
        version += 1;
      },
      undo: async (later) => {
        if (version > before.version) await replaceIf(version, before.data, later);
      },
    };
  },
  read: async (keys, ctx) => {
    const { data } = await open(ctx);
    return Object.fromEntries(
      Object.entries(data)
        .filter(([key]) => keys.includes(key))
        .map(([key, text]) => [key, ctx.secret(text)]),
    );
  },
  fence: async (ctx) => save(pathOf(ctx), (await open(ctx)).data),
};

const outside = {
  start: async (): Promise<StoreStage> => {
    const directory = await mkdtemp(join(tmpdir(), "rotate-contract-"));
    const path = join(directory, "store");
    await writeFile(path, JSON.stringify({ version: 1, data: { theirs: "theirs" } }));
    const values = [
      { A: "first-text", B: "other-text" },
      { A: "second-text", B: "fourth-text" },
    ] as const;
    return { directory, path, options: { path }, values, close: () => rm(directory, { recursive: true, force: true }) };
  },
  snapshot: async ({ path }: StoreStage): Promise<Texts> => (await load(path)).data,
  readBack: async ({ path }: StoreStage): Promise<Texts> => {
    const { theirs: _theirs, ...ours } = (await load(path)).data;
    return ours;
  },
  meddle: ({ path }: StoreStage) => save(path, { theirs: "theirs", A: "meddled", B: "meddled" }),
  refuse: ({ path }: StoreStage) => chmod(path, 0o400),
  hang: ({ path }: StoreStage) => chmod(path, 0o440),
};

function harness(parts: Partial<Sink> = {}): SinkHarness {
  return { ...outside, sink: { ...good, ...parts } } as unknown as SinkHarness;
}

/** The good sink, whose prepared write is changed. */
function preparing(
  change: (
    prepared: Prepared<LoggedIn>,
    values: Values,
    ctx: Ctx,
  ) => Partial<Prepared<LoggedIn>> | Promise<Partial<Prepared<LoggedIn>>>,
): SinkHarness {
  return harness({
    prepare: async (values, ctx) => {
      const prepared = await good.prepare(values, ctx);
      return { ...prepared, ...(await change(prepared, values, ctx)) };
    },
  });
}

const withoutUndo = harness({
  prepare: async (values, ctx) => {
    const { changed, commit } = await good.prepare(values, ctx);
    return { changed, commit };
  },
});

async function overwrite(ctx: Ctx, texts: Texts): Promise<void> {
  await save(pathOf(ctx), { ...(await load(pathOf(ctx))).data, ...texts });
}

async function empty(ctx: Ctx): Promise<void> {
  await save(pathOf(ctx), { theirs: "theirs" });
}

/** Reads a secret option, as a sink that logs in to its target does, and has a target that is looked at without waiting. */
const withSecret = {
  ...harness({
    options: {
      type: "object",
      properties: { path: { type: "string", format: "path" }, token: { type: "string", secret: true } },
      required: ["path", "token"],
    },
  }),
  start: async () => {
    const stage = await outside.start();
    return { ...stage, options: { ...stage.options, token: secretRef("token-of-the-sink") } };
  },
  snapshot: ({ path }: StoreStage) => (JSON.parse(readFileSync(path, "utf8")) as Store).data,
} as unknown as SinkHarness;

let calls = 0;

testEveryRule(
  sinkRules.filter(({ id }) => !id.startsWith("sink-fault-")),
  {
    good: [harness(), withoutUndo, withSecret],
    breakers: {
      "describes its options in the schema subset, and its keys by a pattern that fits": [
        [harness({ options: { type: "object", properties: { path: { type: "text" } as never } } }), /subset/],
        [harness({ keys: { pattern: "[a-z]+", description: "small" } }), /fits the pattern/],
        [harness({ keys: undefined as never }), /declares `keys`/],
      ],
      "names its target by the options alone, the same each time, without a secret": [
        [harness({ target: () => `target ${(calls += 1)}` }), /pure/],
        [harness({ target: () => "a\nb" }), /one line/],
        [harness({ target: () => "db?password=first-text" }), /the target, as it is/],
      ],
      "changes nothing in check and prepare": [
        [harness({ check: (ctx) => overwrite(ctx, { A: "try" }) }), /check changed/],
        [
          preparing(async (_prepared, values, ctx) => (await overwrite(ctx, revealValues(values)), {})),
          /prepare changed/,
        ],
      ],
      "writes what it was given, then what it was given next": [
        [preparing(() => ({ changed: false })), /a new value is a change/],
        [
          preparing((_prepared, _values) => ({ commit: async (ctx) => overwrite(ctx, { A: "first-text" }) })),
          /holds the values/,
        ],
      ],
      "sees that nothing is to be changed": [[preparing(() => ({ changed: true })), /holds exactly this already/]],
      "reads back what was written, as secrets, and leaves out what is not there": [
        [harness({ read: async () => ({}) }), /differs from what is there/],
        [harness({ read: async (_keys, ctx) => (await overwrite(ctx, { X: "seen" }), {}) }), /read changed/],
        [
          harness({ read: async (keys, ctx) => ({ ...(await good.read?.(keys, ctx)), C: ctx.secret("") }) }),
          /differs from what is there/,
        ],
        [
          harness({
            read: async (keys, ctx) => good.read?.(keys, { ...ctx, secret: (text) => new Secret(text) }) ?? {},
          }),
          /wrapped by ctx.secret/,
        ],
      ],
      "reads nothing where nothing was written": [
        [harness({ read: async (_keys, ctx) => ({ A: ctx.secret("") }) }), /deep/i],
      ],
      "fences without changing a value": [
        [harness({ fence: empty }), /fence changed a value/],
        [harness({ fence: async () => undefined }), /before the fence still succeeds/],
      ],
      "says for how long a write may land late, or lets none land over a later one": [
        [harness({ lateWrites: 0.5 }), /milliseconds/],
      ],
      "undoes a first write, and one that was never committed, so that nothing remains": [
        [preparing(() => ({ undo: async () => undefined })), /as prepare found it/],
        [
          preparing((prepared) => ({
            undo: async (ctx) => {
              await prepared.undo?.(ctx);
              await overwrite(ctx, { A: "" });
            },
          })),
          /as prepare found it/,
        ],
      ],
      "undoes a later write, so that the earlier values stand there again": [
        [preparing(() => ({ undo: empty })), /as prepare found it/],
      ],
      "does not undo over what somebody else wrote since": [
        [preparing(() => ({ undo: empty })), /after somebody else's write/],
        [
          preparing(() => ({
            undo: async (ctx) => {
              await empty(ctx);
              throw conflict;
            },
          })),
          /changed what somebody else wrote/,
        ],
      ],
      "takes back nothing that it did not write, even where the same values stand": [
        [preparing(() => ({ undo: empty })), /another process's write/],
        [
          preparing(() => ({
            undo: async () => {
              throw new Error("not mine");
            },
          })),
          /throws not a RotateError/,
        ],
      ],
      "commits over somebody else's write whole, or refuses with CONFLICT and leaves it": [
        [
          preparing(() => ({
            commit: async (ctx) => {
              await overwrite(ctx, { A: "half" });
              throw conflict;
            },
          })),
          /a refused commit wrote/,
        ],
        [preparing(() => ({ commit: async (ctx) => overwrite(ctx, { A: "half" }) })), /did not write all/],
        [preparing(() => ({ commit: () => Promise.reject(new Error("changed")) })), /a commit after/],
      ],
      "throws a RotateError with a hint when the target refuses, already in prepare or check": [
        [
          harness({
            check: async () => undefined,
            prepare: async () => ({ changed: true, commit: async () => undefined }),
          }),
          /succeeded although/,
        ],
        [harness({ check: () => Promise.reject(new Error("EACCES")) }), /not a RotateError/],
        [
          harness({
            check: async () => undefined,
            prepare: (values) =>
              Promise.reject(
                new RotateError(`cannot write ${revealValues(values)["A"]}`, {
                  code: "DENIED",
                  retryable: false,
                  hint: "x",
                }),
              ),
          }),
          /the error, as it is/,
        ],
      ],
      "ends with its signal when the target is silent": [
        [harness({ prepare: () => new Promise(() => undefined) }), /went on/],
        [
          harness({ prepare: (_values, ctx) => forever(ctx).catch(() => Promise.reject(new Error("aborted"))) }),
          /not a RotateError/,
        ],
      ],
      "gives no secret away in log and prepared write": [
        [
          preparing((_prepared, values) => ({ data: revealValues(values) }) as Partial<Prepared<LoggedIn>>),
          /the prepared write, as it is/,
        ],
        [
          preparing((_prepared, values, ctx) => (ctx.log.info("writing", revealValues(values)), {})),
          /the log, as it is/,
        ],
      ],
    },
  },
);

sinkContract({ describe, test }, harness());
