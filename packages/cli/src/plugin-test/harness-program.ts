/** The author's harness: a program that plays the outside, and speaks in the frames of plugins. docs/authors/testing.md describes it. */
import { type Child, type Frame, type Launch, type Runtime, startChild } from "@rotate/core";
import { badAnswer, isRotateError, withDetails } from "@rotate/plugin-kit";
import {
  httpReply,
  type HttpMessage,
  type HttpReply,
  type HttpWay,
  openHttpWay,
  type StageWorld,
} from "@rotate/testkit";

/** A harness that was asked what it can play. */
export interface HarnessProgram {
  /** By part, `providers/acme`, the verbs that it has for it. */
  readonly parts: Readonly<Record<string, readonly string[]>>;
  /** A fresh outside for one sentence, in a process of its own. `world`: it is told this time with all that it is asked; default the machine's. */
  readonly start: (part: string, world?: StageWorld) => Promise<Played>;
}

/** An outside that is being played. */
export interface Played {
  /** What it answered to `start`. */
  readonly given: Frame;
  /** To the server that rotate is, and the harness answers for. */
  readonly way: HttpWay;
  readonly ask: (verb: string, more?: Frame) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** Milliseconds that a harness has for an answer. */
const patience = 20_000;

/** Starts it once to ask what it plays. */
export async function openHarness(launch: Launch, runtime: Runtime): Promise<HarnessProgram> {
  const child = begin(launch, runtime);
  const said = await asked(child, { call: "describe" }, runtime).finally(child.kill);
  const parts = isFrame(said) && said["harness"] === 1 ? said["parts"] : undefined;
  if (!isFrame(parts) || !Object.values(parts).every(Array.isArray))
    throw wrong('it does not describe itself as {"harness":1,"parts":{"providers/acme":["http",…]}}');
  const verbs = parts as HarnessProgram["parts"];
  return {
    parts: verbs,
    start: (part, world = runtime) => play(launch, { part, verbs: verbs[part] ?? [], world }, runtime),
  };
}

function begin(launch: Launch, runtime: Runtime): Child {
  const { signal } = new AbortController(); // of no use to a start
  return startChild(launch, { ...runtime, signal, name: "the harness" });
}

async function play(
  launch: Launch,
  { part, verbs, world }: { readonly part: string; readonly verbs: readonly string[]; readonly world: StageWorld },
  runtime: Runtime,
): Promise<Played> {
  const child = begin(launch, runtime);
  const ask: Played["ask"] = (call, more = {}) => asked(child, { call, part, now: instantOf(world), ...more }, runtime);
  const way = await openHttpWay(async (message) => replyOf(await ask("http", { request: requestOf(message) })));
  async function close(): Promise<void> {
    if (verbs.includes("close")) await ask("close");
    child.kill();
    await way.close();
  }
  try {
    const given = await ask("start", { server: way.url });
    if (!isFrame(given) || !isFrame(given["options"])) throw wrong("its answer to start has no `options`");
    return { given, way, ask, close };
  } catch (error) {
    await close().catch(() => undefined); // what went wrong first is told
    throw error;
  }
}

function instantOf({ now }: StageWorld): string {
  return new Date(now()).toISOString();
}

async function asked(child: Child, frame: Frame, runtime: Runtime): Promise<unknown> {
  const { signal, clear } = runtime.deadline(patience);
  try {
    return await child.ask(frame, signal);
  } catch (error) {
    const message = `the harness, asked to ${String(frame["call"])}: ${(error as Error).message}`;
    throw isRotateError(error) ? withDetails(error, { message }) : error;
  } finally {
    clear();
  }
}

function requestOf({ method, path, headers, body }: HttpMessage): Frame {
  return { method, path, headers, body: body.toString("utf8") };
}

function replyOf(said: unknown): HttpReply {
  if (!isFrame(said) || typeof said["status"] !== "number") throw wrong("its answer to http has no `status`");
  const { status, body, headers } = said;
  return httpReply(status, body, (headers ?? {}) as HttpReply["headers"]);
}

function isFrame(value: unknown): value is Frame {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(message: string): Error {
  return badAnswer(`the harness: ${message}`, "docs/authors/testing.md says what a harness answers");
}
