/** HTTP that was recorded once and is played ever after, without a secret on the tape. */
import { readFile, writeFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { findLeaks } from "../canary.ts";
import { forward, type HttpMessage, type HttpReply } from "../faults/forward.ts";
import { type HttpWay, openHttpWay } from "../faults/http-way.ts";
import { suspectsIn } from "./suspects.ts";

/** How a tape is made. */
export interface RecordOptions {
  /** The address of the real server. */
  readonly from: string;
  /** Every secret that is known: what the plugin logs in with. Where one stands on the tape, in any encoding, the tape is refused. */
  readonly secrets: readonly string[];
  /** Names of the fields of JSON answers whose texts are secret. On the tape, wherever they come up, stands another text, the same for the same. */
  readonly hide?: readonly string[];
}

/** A way to a server that is recorded, or played from a tape. */
export interface TapedWay extends HttpWay {
  /** The time of the tape, ms since 1970: give it to the stage, so that what was recorded has not ended. */
  readonly now: () => number;
  /**
   * Recording: writes the tape. Throws when a secret would stand on it, or something that looks like one, and names the place; then nothing is written. Playing:
   * throws when something was asked that is not on the tape.
   */
  readonly finish: () => Promise<void>;
}

interface Exchange {
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Headers;
    readonly body: unknown;
  };
  readonly answer: { readonly status: number; readonly headers: Headers; readonly body: unknown };
}
type Headers = Readonly<Record<string, string>>;

interface Tape {
  readonly tape: 1;
  /** RFC 3339. */
  readonly recordedAt: string;
  readonly exchanges: readonly Exchange[];
}

/** No other header gets on a tape: logins stand in headers. */
const kept: readonly string[] = ["content-type", "accept", "etag", "if-match", "if-none-match", "retry-after", "date"];

function headersOf(headers: HttpMessage["headers"]): Headers {
  return Object.fromEntries(
    kept.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  );
}

/** JSON as what it says, anything else as text. */
function bodyOf(body: Buffer): unknown {
  const text = body.toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Opens a way that records what passes. */
export async function recordTape(file: string, options: RecordOptions): Promise<TapedWay> {
  const recordedAt = new Date().toISOString();
  const exchanges: Exchange[] = [];
  const way = await openHttpWay(async (message) => {
    const reply = await forward(new URL(options.from), message);
    const { method, path, headers, body } = message;
    exchanges.push({
      request: { method, path, headers: headersOf(headers), body: bodyOf(body) },
      answer: { status: reply.status, headers: headersOf(reply.headers), body: bodyOf(reply.body) },
    });
    return reply;
  });
  return {
    ...way,
    now: Date.now,
    async finish() {
      await writeFile(file, await tapeText({ tape: 1, recordedAt, exchanges }, options));
    },
  };
}

/** Throws for what must not be on a tape. Never tells it. */
async function tapeText(tape: Tape, { secrets, hide = [] }: RecordOptions): Promise<string> {
  const hidden = hiddenIn(
    tape.exchanges.map(({ answer }) => answer.body),
    hide,
  );
  const clean = replaced(tape, hidden) as Tape;
  const text = `${JSON.stringify(clean, undefined, 2)}\n`;
  const leaks = await findLeaks([...secrets, ...hidden.keys()], { "the tape": text });
  if (leaks.length > 0)
    throw new Error(
      `a secret would stand on the tape, ${leaks[0]?.how}: it is not written; hide the field that brings it`,
    );
  const stands = new Set(hidden.values());
  const suspects = suspectsIn(clean.exchanges, (one) => stands.has(one));
  if (suspects.length > 0)
    throw new Error(
      `what looks like a secret would stand on the tape, at ${suspects.join(", ")}: it is not written; name the field in \`hide\``,
    );
  return text;
}

/** By secret text, what stands in its place. */
function hiddenIn(value: unknown, names: readonly string[], known = new Map<string, string>()): Map<string, string> {
  if (typeof value !== "object" || value === null) return known;
  for (const [key, item] of Object.entries(value)) {
    if (typeof item === "string" && item !== "" && names.includes(key))
      known.set(item, known.get(item) ?? `hidden-${key}-${known.size + 1}`);
    else hiddenIn(item, names, known);
  }
  return known;
}

function replaced(value: unknown, hidden: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string")
    return [...hidden].reduce((text, [secret, stand]) => text.replaceAll(secret, stand), value);
  if (Array.isArray(value)) return value.map((item) => replaced(item, hidden));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, hidden)]));
}

/** Opens a way that plays a tape. Each exchange is played once, in whatever order they are asked for. */
export async function playTape(file: string): Promise<TapedWay> {
  const { recordedAt, exchanges } = JSON.parse(await readFile(file, "utf8")) as Tape;
  const left = [...exchanges];
  const missing: string[] = [];
  const began = Date.now();
  const way = await openHttpWay(async ({ method, path, body }): Promise<HttpReply> => {
    const asked = { method, path, body: bodyOf(body) };
    const at = left.findIndex(({ request }) =>
      isDeepStrictEqual({ ...request, headers: {} }, { ...asked, headers: {} }),
    );
    const [found] = at < 0 ? [] : left.splice(at, 1);
    if (found === undefined) missing.push(`${method} ${path}`);
    return found === undefined ? notRecorded : replyOf(found);
  });
  return {
    ...way,
    now: () => Date.parse(recordedAt) + Date.now() - began,
    async finish() {
      if (missing.length > 0) throw new Error(`not on the tape ${file}: ${missing.join(", ")}; record it again`);
    },
  };
}

function replyOf({ answer: { status, headers, body } }: Exchange): HttpReply {
  return { status, headers, body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)) };
}

const notRecorded: HttpReply = {
  status: 501,
  headers: { "content-type": "application/json" },
  body: Buffer.from('{"error":"not on the tape"}'),
};
