import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

/** What is sent back. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** The same as long as the body says the same. */
  readonly etag?: string;
  /** It went through the mask, or has nothing to be masked. */
  readonly isMasked?: boolean;
}

const jsonType = "application/json; charset=utf-8";

/** An answer of data. */
export function json(body: unknown, more: Partial<Answer> = {}): Answer {
  return { status: 200, type: jsonType, body: JSON.stringify(body), ...more };
}

/** A refusal, in the shape of the command line's errors. */
export function fail(status: number, message: string, headers: Answer["headers"] = {}): Answer {
  return json({ version: 1, error: { message } }, { status, headers });
}

/** Whatever a browser makes of it, it runs nothing that is not ours, shows it in no frame and tells nobody where it came from. */
const always: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-store",
};

/** Headers of every answer. */
export function headersOf(type: string, more: Answer["headers"] = {}): Readonly<Record<string, string>> {
  return { ...always, "content-type": type, ...more };
}

const worthZipping = 1_400;
const zip = promisify(gzip);
/** Each takes a quarter of a megabyte while it lasts. Whoever comes meanwhile gets it as it is. */
const mostZips = 8;

/** What may wait to be read by all who asked. Bytes */
const mostUnread = 64_000_000;

/** Sends an answer. */
export type Send = (request: IncomingMessage, response: ServerResponse, answer: Answer) => Promise<void>;

/** What sends answers: zipped where that is asked for, or only that nothing has changed. Who asks for much and reads nothing is told to come back. */
export function createSend(): Send {
  let unread = 0;
  let zips = 0;
  /** Of bytes that many are sent. */
  const zipped = new WeakMap<Uint8Array, Promise<Buffer>>();

  /** Undefined: not now. */
  function zipOnce(body: Answer["body"]): Promise<Buffer> | undefined {
    const known = typeof body === "string" ? undefined : zipped.get(body);
    if (known !== undefined || zips >= mostZips) return known;
    zips += 1;
    const made = zip(body).finally(() => (zips -= 1));
    if (typeof body !== "string") zipped.set(body, made);
    return made;
  }

  return async function send(request, response, answer) {
    const { status, type, body, etag } = answer;
    const headers = headersOf(type, {
      ...answer.headers,
      vary: "accept-encoding",
      ...(etag !== undefined && { etag }),
    });
    if (etag !== undefined && request.headers["if-none-match"] === etag) {
      response.writeHead(304, headers).end();
      return;
    }
    const isWanted = body.length > worthZipping && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
    const small = isWanted ? await zipOnce(body) : undefined;
    const sent = small ?? (typeof body === "string" ? Buffer.from(body) : body);
    if (response.destroyed) return; // its close was told already: what it was sent would count as unread for ever
    if (unread + sent.length > mostUnread) {
      response.writeHead(503, { ...headersOf("text/plain"), "retry-after": "30" }).end();
      return;
    }
    unread += sent.length;
    response.on("close", () => (unread -= sent.length));
    const length = { "content-length": String(sent.length), ...(small && { "content-encoding": "gzip" }) };
    response.writeHead(status, { ...headers, ...length }).end(sent);
  };
}
