/** One HTTP message, whole. */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";

/** A request, as it came. */
export interface HttpMessage {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Its answer. */
export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An answer, to be given. @param body a text as it is, anything else as JSON; undefined: none */
export function httpReply(status: number, body?: unknown, headers: IncomingHttpHeaders = {}): HttpReply {
  const isText = typeof body === "string";
  const type = isText ? "text/plain" : "application/json";
  const text = isText ? body : body === undefined ? "" : JSON.stringify(body);
  return { status, headers: { "content-type": type, ...headers }, body: Buffer.from(text) };
}

/** Of one connection only: RFC 9110 §7.6.1. */
const ofConnection: readonly string[] = [
  "connection",
  "keep-alive",
  "transfer-encoding",
  "te",
  "upgrade",
  "content-length",
];

/** Without the headers of a connection. */
export function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofConnection.includes(name)));
}

/** Reads a request whole. */
export async function messageOf(request: IncomingMessage): Promise<HttpMessage> {
  const { method = "GET", url = "/", headers } = request;
  return { method, path: url, headers, body: await buffer(request) };
}

/** Sends a message to a server, at `base`, and reads the answer whole. Throws what the connection throws. */
export async function forward(base: URL, { method, path, headers, body }: HttpMessage): Promise<HttpReply> {
  const { request } = base.protocol === "https:" ? await import("node:https") : await import("node:http");
  const target = new URL(`${base.pathname.replace(/\/$/, "")}${path}`, base);
  return new Promise((resolve, reject) => {
    const sent = request(
      target,
      { method, headers: { ...endToEnd(headers), host: base.host }, agent: false },
      (answer) => {
        const { statusCode: status = 502, headers: back } = answer;
        buffer(answer).then((whole) => resolve({ status, headers: back, body: whole }), reject);
      },
    );
    sent.on("error", reject).end(body);
  });
}
