/** Plays harnesses that are written in TypeScript for `rotate plugin test`, which speaks to them as to a harness in any language: docs/authors/testing.md. */
import { createInterface } from "node:readline";
import { isTemplateOption, isReference } from "@rotate/runtime";
import { createTestContext } from "./context.ts";
import type { StageWorld } from "./contracts/contract.ts";

/** By part, such as `providers/acme`: what the contract of that kind needs, without the part itself. */
export type Harnesses = Readonly<Record<string, object>>;

type Member = (stage: unknown, more?: unknown) => unknown;
type Frame = Readonly<Record<string, unknown>>;

/** Of a harness, those that can be asked over the wire. */
const askable = ["refuse", "hang", "isLive", "snapshot", "readBack", "meddle", "count", "received"] as const;

function memberOf(harness: object, name: string): Member | undefined {
  const found = (harness as Readonly<Record<string, unknown>>)[name];
  return typeof found === "function" ? (found as Member) : undefined;
}

function verbsOf(harness: object): readonly string[] {
  const flags = ["blind", "marks"].filter((name) => (harness as Frame)[name] === true);
  return [...askable.filter((name) => memberOf(harness, name) !== undefined), ...flags, "time", "close"];
}

/** Options as texts: the other side knows by the schema which are secret. */
async function revealed(value: unknown): Promise<unknown> {
  if (isReference(value) || isTemplateOption(value))
    return (await createTestContext().resolve(value as never)).reveal();
  if (Array.isArray(value)) return Promise.all(value.map(revealed));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(async ([key, item]) => [key, await revealed(item)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** Answers on standard output what is asked on standard input, until that ends. */
export async function serveHarnesses(harnesses: Harnesses): Promise<void> {
  let stage: unknown;
  let ahead = 0; // of the machine's time, ms
  const world: StageWorld = { now: () => Date.now() + ahead };

  async function start(harness: object): Promise<Frame> {
    stage = await memberOf(harness, "start")?.(world);
    const { options, request, values, env, secrets } = stage as Frame;
    return { options: await revealed(options), request, values, env, secrets };
  }
  async function answer({ call, part, fields, now }: Frame): Promise<unknown> {
    if (typeof now === "string") ahead = Date.parse(now) - Date.now();
    if (call === "describe")
      return {
        harness: 1,
        parts: Object.fromEntries(Object.entries(harnesses).map(([name, one]) => [name, verbsOf(one)])),
      };
    const harness = harnesses[String(part)] ?? {};
    if (call === "start") return start(harness);
    if (call === "close") return ((stage as Frame)["close"] as (() => unknown) | undefined)?.();
    return memberOf(harness, String(call))?.(stage, fields);
  }
  for await (const line of createInterface({ input: process.stdin })) {
    const frame = JSON.parse(line) as Frame;
    if ("cancel" in frame) continue;
    const said = await answer(frame).then(
      (ok) => ({ ok: ok ?? null }),
      (error: unknown) => ({
        error: { code: "FAILED", message: String(error).slice(0, 1000), retryable: false },
      }),
    );
    process.stdout.write(`${JSON.stringify({ id: frame["id"], ...said })}\n`);
  }
}
