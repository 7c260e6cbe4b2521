/** A store over HTTP that keeps one text and its version, with and without compare-and-swap. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { defineSink, readAnswer, RotateError, type Context, type Sink } from "@rotate/plugin-kit";
import { runRule, sinkRules, type SinkHarness, type SinkStage } from "@rotate/testkit";
import { expect, test } from "vitest";

interface Stored {
  text: string;
  version: number;
}
interface StoreStage extends SinkStage {
  readonly stored: Stored;
}

const rule = sinkRules.find(({ name }) => name.includes("land late"))!;
const shape = {
  type: "object",
  properties: { text: { type: "string" }, version: { type: "integer" } },
  required: ["text", "version"],
} as const;

async function startStore(): Promise<StoreStage> {
  const stored: Stored = { text: "", version: 1 };
  const server = createServer((request, response) => {
    const expected = request.headers["if-match"];
    if (request.method === "GET") return response.end(JSON.stringify(stored));
    if (expected !== undefined && Number(expected) !== stored.version) return response.writeHead(412).end();
    request.setEncoding("utf8").on("data", (text: string) => Object.assign(stored, { text }));
    return request.on("end", () => {
      stored.version += 1;
      response.end(JSON.stringify(stored));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const values = [{ key: "first-text" }, { key: "second-text" }] as const;
  return { options: { url }, values, stored, close: () => void server.close() };
}

type Ctx = Context<{ readonly url: string }>;

async function put({ http, options }: Ctx, { text, version }: { text: string; version?: number }): Promise<Stored> {
  const headers = version === undefined ? {} : { "if-match": String(version) };
  const answer = await http(options.url, { method: "PUT", body: text, headers });
  if (answer.status === 412)
    throw new RotateError("changed", { code: "CONFLICT", retryable: true, hint: "prepare again" });
  return readAnswer(answer, shape, "the store");
}

async function get({ http, options }: Ctx): Promise<Stored> {
  return readAnswer(await http(options.url), shape, "the store");
}

function storeSink({
  conditional,
  fenced,
  ...more
}: {
  conditional: boolean;
  fenced: boolean;
  lateWrites?: number;
}): Sink {
  return defineSink({
    type: "sample-store",
    options: { type: "object", properties: { url: { type: "string" } }, required: ["url"] },
    keys: { pattern: "key", description: "the one" },
    ...more,
    target: ({ url }) => url,
    async prepare(values, ctx) {
      const before = await get(ctx);
      const text = values["key"]!.reveal();
      return {
        changed: before.text !== text,
        commit: async (later) => void (await put(later, { text, ...(conditional && { version: before.version }) })),
      };
    },
    ...(fenced && {
      async fence(ctx: Ctx) {
        await put(ctx, await get(ctx));
      },
    }),
  });
}

function harnessOf(sink: Sink): SinkHarness {
  return {
    sink,
    start: startStore,
    snapshot: ({ stored }: StoreStage) => stored.text,
    readBack: ({ stored }: StoreStage) => ({ key: stored.text }),
    meddle: ({ stored }: StoreStage) => void Object.assign(stored, { text: "theirs", version: stored.version + 1 }),
    refuse: () => undefined,
  } as unknown as SinkHarness;
}

test.each([
  ["writes under a condition", { conditional: true, fenced: false }],
  ["writes under a condition and fences", { conditional: true, fenced: true }],
  ["says for how long", { conditional: false, fenced: false, lateWrites: 35_000 }],
])("a sink that %s keeps the sentence about late writes", async (_, parts) => {
  await expect(runRule(rule, harnessOf(storeSink(parts)))).resolves.toBeUndefined();
});

test.each([
  ["neither refuses a late write nor says for how long", { conditional: false, fenced: false }, /landed over a later/],
  ["has a fence that stops none", { conditional: false, fenced: true }, /landed over a later one/],
  [
    "says for how long, and that its fence goes well",
    { conditional: false, fenced: true, lateWrites: 35_000 },
    /though `fence` had gone well/,
  ],
  ["says no length of time", { conditional: true, fenced: true, lateWrites: 0 }, /milliseconds/],
])("a sink that %s breaks it", async (_, parts, message) => {
  await expect(runRule(rule, harnessOf(storeSink(parts)))).rejects.toThrow(message);
});
