/** The published schemas of protocol 1, held against what the engine writes, and against what it takes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Secret, type Plugin, type ReloadEvent } from "@rotate/plugin-kit";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { checkDescription, type Description } from "../../src/plugins/describe.ts";
import { errorOf } from "../../src/plugins/frames.ts";
import { pluginOf } from "../../src/plugins/parts.ts";
import { frameName, protocolSchema } from "../../src/plugins/protocol-schema.ts";
import { approved, contextOf, folderOf, runtimeWith } from "./support.ts";

const ajv = new Ajv2020({ allErrors: true, strict: false });
ajv.addSchema(protocolSchema(), "protocol");

function fits(name: string, value: unknown): boolean {
  return ajv.validate({ $ref: `protocol#/$defs/${name}` }, value);
}

const options = {
  type: "object",
  properties: { key: { type: "string", secret: true }, path: { type: "string", format: "path" } },
};

/** Every kind and every verb. */
const whole = {
  protocol: 1,
  providers: [
    {
      type: "p",
      options,
      request: { type: "object", properties: { ttl: { type: "string", format: "duration" } } },
      fields: { token: { secret: true, description: "a token" }, user: { secret: false, description: "its user" } },
      handle: { type: "object" },
      reads: ["{path}", "~/.acme/login", "/etc/acme"],
      verbs: ["login", "keepAlive", "check", "mint", "renew", "find", "lives", "revoke", "revokeValue", "follows"],
    },
  ],
  sinks: [
    {
      type: "s",
      options,
      target: "{path}",
      keys: { pattern: ".+", description: "any" },
      verbs: ["login", "keepAlive", "check", "read", "prepare", "commit", "undo", "fence", "follows"],
    },
  ],
  reloads: [{ type: "r", options, adopts: true, verbs: ["reload", "check", "follows"] }],
  probes: [{ type: "b", options, verbs: ["probe", "follows"] }],
  notifiers: [{ type: "n", options, verbs: ["notify", "check", "follows"] }],
} as const;

const terms = { expires: { in: 60_000 }, handle: { id: "t1" } };

/** By verb, an answer of each shape that is sound. */
const sound: Readonly<Record<string, readonly unknown[]>> = {
  login: [{ said: "token", expires: "2030-01-01T00:00:00Z" }, {}, { expires: { in: 1 } }, { expires: "never" }],
  keepAlive: [{ said: "token" }],
  check: [null],
  mint: [
    { fields: { token: "a-token", user: "u" }, ...terms, renewable: true, diesWithLogin: false, period: 1000 },
    { fields: {}, expires: "never" },
    { fields: { token: "x" }, expires: "2030-02-28T23:59:59.123+05:30", handle: null },
  ],
  renew: [terms, { expires: "never", renewable: false }],
  find: [null, terms],
  lives: [null, true, false],
  revoke: [null],
  revokeValue: [null],
  follows: [[], ["/etc/acme/ca.pem"]],
  read: [{}, { KEY: "value" }],
  prepare: [{ changed: true, undo: true, state: { any: ["thing", 1, null] } }, { changed: false }],
  commit: [null],
  undo: [null],
  fence: [null],
  reload: [null],
  probe: [null],
  notify: [null],
};

/** By verb, answers that nobody may believe. */
const unsound: Readonly<Record<string, readonly unknown[]>> = {
  login: [null, "token", [], 1, { expires: "tomorrow" }, { expires: null }, { expires: { in: 0 } }],
  mint: [
    null,
    {},
    [],
    "token",
    { fields: { token: 7 }, expires: "never" },
    { fields: { token: null }, expires: "never" },
    { fields: ["a"], expires: "never" },
    { fields: { token: "x" } },
    { fields: { token: "x" }, expires: null },
    { fields: { token: "x" }, expires: 3600 },
    { fields: { token: "x" }, expires: "2030-01-01" },
    { fields: { token: "x" }, expires: "2030-13-01T00:00:00Z" },
    { fields: { token: "x" }, expires: "2030-01-01T24:00:00Z" },
    { fields: { token: "x" }, expires: "2030-01-01T00:00:00" },
    { fields: { token: "x" }, expires: { in: -1 } },
    { fields: { token: "x" }, expires: { in: "60" } },
    { fields: { token: "x" }, expires: { in: 1, at: 2 } },
    { fields: { token: "x" }, expires: "never", renewable: "yes" },
    { fields: { token: "x" }, expires: "never", diesWithLogin: 1 },
    { fields: { token: "x" }, expires: "never", period: "1h" },
    { fields: { token: "x" }, expires: "never", more: 1 },
  ],
  renew: [null, {}, { ...terms, fields: {} }, { expires: "soon" }],
  find: [false, {}, "none", { ...terms, found: true }],
  lives: ["yes", 0, {}],
  follows: [null, "path", ["relative"], [1], ["/with\0nul"]],
  read: [null, [], { KEY: 1 }, { KEY: null }],
  prepare: [null, {}, { changed: "yes" }, { changed: true, undo: "yes" }, { changed: true, more: 1 }],
};
Object.assign(unsound, { keepAlive: unsound["login"] });
for (const verb of ["check", "revoke", "revokeValue", "commit", "undo", "fence", "reload", "probe", "notify"])
  Object.assign(unsound, { [verb]: [true, "ok", {}, [], 0, ""] });

const event: ReloadEvent = {
  rotation: "db",
  reason: "rotated",
  fingerprint: "f1",
  expiresAt: new Date(),
  written: [{ type: "dotenv", target: "/a", keys: ["K"] }],
};
const lease = { id: "rotate-test", issuedAt: new Date(), expiresAt: new Date(), handle: { id: "t1" } };
const values = { KEY: new Secret("text-of-a-value") };

/** Calls one verb of a part as the engine does. */
function call(plugin: Plugin, kind: string, verb: string): Promise<unknown> {
  const ctx = {
    ...contextOf(runtimeWith()),
    keys: ["KEY"],
    every: 1000,
    ours: true,
    mark: "m1",
    login: { said: { a: 1 } },
  };
  const [provider, sink, reload] = [plugin.providers[0]!, plugin.sinks[0]!, plugin.reloads[0]!];
  const [probe, notifier] = [plugin.probes[0]!, plugin.notifiers[0]!];
  const part = { providers: provider, sinks: sink, reloads: reload, probes: probe, notifiers: notifier }[kind]!;
  const calls: Readonly<Record<string, () => Promise<unknown>>> = {
    login: async () => (part as typeof provider).login!(ctx),
    keepAlive: async () => (part as typeof provider).keepAlive!(ctx),
    check: async () => (part as typeof provider).check!(ctx, kind === "providers" ? { ttl: 1 } : undefined),
    mint: async () => provider.mint({ ttl: 1 }, ctx),
    renew: async () => provider.renew!(lease, ctx),
    find: async () => provider.find!("rotate-test", ctx),
    lives: async () => provider.lives!(lease, ctx),
    revoke: async () => provider.revoke!({ ...lease, expiresAt: "never" }, ctx),
    revokeValue: async () => provider.revokeValue!({ token: new Secret("t"), user: "u" }, ctx),
    follows: async () => part.follows!(ctx),
    read: async () => sink.read!(Object.keys(values), ctx),
    prepare: async () => sink.prepare(values, ctx),
    commit: async () => (await prepared(sink, ctx)).commit(ctx),
    undo: async () => (await prepared(sink, ctx)).undo!(ctx),
    fence: async () => sink.fence!(ctx),
    reload: async () => reload.run(event, ctx),
    probe: async () => probe.run(ctx),
    notify: async () => notifier.send({ id: "a", title: "t" } as never, ctx),
  };
  return calls[verb]!();
}

function prepared(sink: Plugin["sinks"][number], ctx: Parameters<typeof sink.prepare>[1]) {
  return sink.prepare(values, ctx);
}

const pairs = Object.entries(whole).flatMap(([kind, parts]) =>
  typeof parts === "number" ? [] : parts.flatMap(({ verbs }) => verbs.map((verb) => [kind, verb] as const)),
);

/** A plugin whose program answers this. */
function answering(verb: string, ok: unknown): Plugin {
  const program = {
    keeps: false,
    pin: () => () => undefined,
    call: async (frame: { readonly call?: unknown }) =>
      frame.call === "prepare" && verb !== "prepare" ? { changed: true, undo: true, state: 1 } : ok,
  };
  return pluginOf(program, whole as unknown as Description);
}

test.each(pairs)("%s %s: the schema takes what the engine takes, and refuses what it refuses", async (kind, verb) => {
  const answers = [...(sound[verb] ?? []), ...(unsound[verb] ?? [])];
  expect(answers.length).toBeGreaterThan(1);
  for (const [index, ok] of answers.entries()) {
    const outcome = await call(answering(verb, ok), kind, verb).then(
      () => "taken",
      (error: { readonly code?: string }) => error.code,
    );
    const what = JSON.stringify(ok);
    expect([what, outcome]).toEqual([what, index < (sound[verb] ?? []).length ? "taken" : "BAD_ANSWER"]);
    expect([what, fits(frameName("answer", kind, verb), { id: 1, ok })]).toEqual([what, outcome === "taken"]);
  }
});

/** Of what is thrown. */
function codeOf(judge: () => unknown): string | undefined {
  try {
    judge();
  } catch (thrown) {
    return (thrown as { readonly code?: string }).code;
  }
  return undefined;
}

const error = { code: "DENIED", message: "no", retryable: false };
/** Errors, and whether they are one. */
test.each<readonly [unknown, boolean]>([
  [error, true],
  [{ ...error, hint: "do", retryAfter: 0, noEffect: true, person: true }, true],
  [{ ...error, person: false }, true],
  ["no", false],
  [null, false],
  [{}, false],
  [{ ...error, code: "OOPS" }, false],
  [{ ...error, retryable: undefined }, false],
  [{ ...error, retryable: "no" }, false],
  [{ ...error, message: 1 }, false],
  [{ ...error, retryAfter: -1 }, false],
  [{ ...error, retryAfter: 1.5 }, false],
  [{ ...error, retryAfter: "1s" }, false],
  [{ ...error, hint: 1 }, false],
  [{ ...error, noEffect: "yes" }, false],
  [{ ...error, person: 1 }, false],
  [{ ...error, stack: "…" }, false],
])("an error %j is one for the schema as for the engine: %s", (said, isOne) => {
  const plain: unknown = JSON.parse(JSON.stringify(said));
  expect(codeOf(() => errorOf(plain))).toBe(isOne ? undefined : "BAD_ANSWER");
  expect(fits("answer-probes-probe", { id: 1, error: plain })).toBe(isOne);
});

test.each<readonly [string, unknown]>([
  ["neither", { id: 1 }],
  ["both", { id: 1, ok: null, error }],
  ["a key of its own", { id: 1, ok: null, also: 1 }],
  ["its id as text", { id: "1", ok: null }],
  ["no id", { ok: null }],
  ["an id that is none", { id: 0, ok: null }],
])("an answer with %s is none", (_, frame) => {
  expect(fits("answer-probes-probe", frame)).toBe(false);
  expect(ajv.validate("protocol", frame)).toBe(false);
});

function described(change: object, kind: "providers" | "sinks" | "reloads" = "providers"): object {
  return { protocol: 1, [kind]: [{ ...whole[kind][0], ...change }] };
}

/** Descriptions, and whether the engine believes them. */
test.each<readonly [string, unknown, boolean]>([
  ["of every kind and verb", whole, true],
  ["of one part", { protocol: 1, probes: whole.probes }, true],
  ["that says concurrent", { ...whole, concurrent: true }, true],
  ["that says oneShot", { ...whole, oneShot: true }, true],
  ["with its scope", described({ scope: "anywhere" }), true],
  ["of another protocol", { ...whole, protocol: 2 }, false],
  ["of no part", { protocol: 1 }, false],
  ["of an empty list", { protocol: 1, providers: [] }, false],
  ["with a key of its own", { ...whole, name: "acme" }, false],
  ["that says concurrent and oneShot", { ...whole, concurrent: true, oneShot: true }, false],
  ["that says concurrent: false", { ...whole, concurrent: false }, false],
  ["with endpoints", { ...whole, endpoints: [] }, false],
  ["whose parts are no list", { protocol: 1, providers: {} }, false],
  ["of a part without a type", described({ type: "" }), false],
  ["of a part without options", described({ options: undefined }), false],
  ["of a verb that is none", described({ verbs: ["mint", "dance"] }), false],
  ["without mint", described({ verbs: ["check"] }), false],
  ["without fields", described({ fields: {} }), false],
  ["of a field without a description", described({ fields: { token: { secret: true } } }), false],
  [
    "of a field with a key of its own",
    described({ fields: { token: { secret: true, description: "d", x: 1 } } }),
    false,
  ],
  ["of a scope that is none", described({ scope: "moon" }), false],
  ["that reads a relative path", described({ reads: ["acme.key"] }), false],
  ["that reads no list", described({ reads: "/etc/acme" }), false],
  ["with overlap: true", described({ overlap: true }), false],
  ["with a life of half a millisecond", described({ maxLife: 0.5 }), false],
  ["with a part's key of its own", described({ version: 1 }), false],
  ["of a sink without commit", described({ verbs: ["prepare"] }, "sinks"), false],
  ["of a sink without a target", described({ target: undefined }, "sinks"), false],
  ["of keys with more than they have", described({ keys: { pattern: ".", description: "d", x: 1 } }, "sinks"), false],
  ["of a reload that does not say whether it adopts", described({ adopts: undefined }, "reloads"), false],
])("a description %s is believed by the schema as by the engine: %s", (_, description, isOne) => {
  const plain: unknown = JSON.parse(JSON.stringify(description));
  expect(codeOf(() => checkDescription(plain))).toBe(isOne ? undefined : "BAD_ANSWER");
  expect(fits("answer-describe", { id: 1, ok: plain })).toBe(isOne);
});

/** Keeps what it reads, and answers soundly. */
function keeper(): string {
  const answers = Object.fromEntries(Object.entries(sound).map(([verb, [first]]) => [verb, first]));
  return `#!${process.execPath}
const { appendFileSync } = require("node:fs");
const answers = ${JSON.stringify(answers)};
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  appendFileSync(__dirname + "/read", line + "\\n");
  const { id, call } = JSON.parse(line);
  const ok = call === "describe" ? ${JSON.stringify(whole)} : answers[call];
  if (id !== undefined) process.stdout.write(JSON.stringify({ id, ok }) + "\\n");
});
`;
}

test("what the engine really writes fits the schema of its call, for every verb of every kind", async () => {
  const folder = folderOf(keeper());
  const plugin = await approved(folder, runtimeWith());
  for (const [kind, verb] of pairs) await call(plugin, kind, verb);
  const lines = readFileSync(join(folder, "read"), "utf8").trim().split("\n");
  const frames = lines.map((line) => JSON.parse(line) as { readonly call: string; readonly part?: string });
  const names = frames.map(({ call: verb, part }) =>
    part === undefined ? `call-${verb}` : frameName("call", part.split("/")[0]!, verb),
  );
  expect(new Set(names)).toEqual(
    new Set(["call-describe", ...pairs.map(([kind, verb]) => frameName("call", kind, verb))]),
  );
  for (const [index, frame] of frames.entries()) {
    expect(fits(names[index]!, frame) || ajv.errorsText()).toBe(true);
    expect(ajv.validate("protocol", frame)).toBe(true);
  }
});

test("a cancellation is a frame, and so is nothing else that lacks a call", () => {
  expect(fits("cancel", { cancel: 3 })).toBe(true);
  for (const frame of [{ cancel: "3" }, { cancel: 3, id: 3 }, {}, []])
    expect(ajv.validate("protocol", frame)).toBe(false);
});

test("what a part reads is data: paths of the host, options and the home; what it follows is asked", async () => {
  const [provider] = answering("follows", ["/etc/acme/ca.pem"]).providers;
  const env = { HOME: "/home/app" };
  expect(provider!.reads!({ path: "/srv/key" }, env)).toEqual(
    ["/srv/key", "/home/app/.acme/login", "/etc/acme"].map((path) => ({ path })),
  );
  expect(provider!.reads!({}, env).map(({ path }) => path)).toEqual(["/home/app/.acme/login", "/etc/acme"]);
  expect(await provider!.follows!(contextOf(runtimeWith()))).toEqual([{ path: "/etc/acme/ca.pem" }]);
  expect(() => checkDescription(described({ reads: ["{nothing}"] }))).toThrow(/names an option that it has not/);
  expect(() => checkDescription(described({ reads: ["{key}"] }))).toThrow(/names a secret option/);
});
