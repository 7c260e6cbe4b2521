import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { EndpointAnswer, EndpointHandler, EndpointRequest, ListeningAt } from "@rotate/plugin-kit";
import { revealDeep, revealText } from "../reveal.ts";
import type { Masker, Runtime } from "../types.ts";
import { refusalOf } from "./guard.ts";

/** What HTTP at an endpoint is made of. */
export interface HttpEndpointOptions {
  readonly at: () => ListeningAt;
  readonly handler: EndpointHandler;
  readonly runtime: Pick<Runtime, "masker" | "log">;
  /** Why somebody was turned away, in a word. */
  readonly onRefused: (word: string) => void;
}

/** Answers by HTTP on connections that it is given. */
export interface HttpEndpoint {
  readonly take: (socket: Socket) => void;
  /** Those that ask nothing at the moment go; resolves when the others were answered, or `hurry` aborts. */
  readonly drain: (hurry: AbortSignal) => Promise<void>;
}

/** Nobody keeps more of us busy than this: ms, bytes. */
const limits = {
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 5_000,
  maxHeaderSize: 8_192,
} as const;

/** A server that is bound to nothing. */
export function createHttpEndpoint(options: HttpEndpointOptions): HttpEndpoint {
  const { createServer } = process.getBuiltinModule("node:http");
  const server: Server = createServer(limits, (request, response) => void answer(request, response, options));
  server.on("clientError", (_, socket) => socket.destroy());
  const answering = new Set<ServerResponse>();
  const over = Promise.withResolvers<void>();
  let isClosing = false;
  server.on("request", (_, response: ServerResponse) => {
    answering.add(response);
    response.on("close", () => {
      answering.delete(response);
      if (isClosing && answering.size === 0) over.resolve();
    });
  });
  return {
    take(socket) {
      server.emit("connection", socket);
      socket.resume();
    },
    async drain(hurry) {
      isClosing = true;
      server.closeIdleConnections();
      for (const response of answering) if (!response.headersSent) response.setHeader("connection", "close");
      if (answering.size === 0 || hurry.aborted) return;
      hurry.addEventListener("abort", () => over.resolve(), { once: true });
      await over.promise;
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { at, handler, runtime, onRefused }: HttpEndpointOptions,
): Promise<void> {
  const refusal = refusalOf(request, at());
  if (refusal !== undefined) {
    const { status, word, message } = refusal;
    onRefused(word);
    return send(
      response,
      { status, json: { code: "Refused", message }, headers: { connection: "close" } },
      runtime.masker,
    );
  }
  const gone = new AbortController();
  response.on("close", () => gone.abort(new Error("nobody waits for it any more")));
  const given = await handler(requestOf(request, gone.signal, runtime.masker)).catch(
    (error: unknown): EndpointAnswer => {
      if (!gone.signal.aborted) runtime.log.warn("an endpoint could not answer", { error });
      return unavailable;
    },
  );
  if (given.refusal !== undefined) onRefused(given.refusal);
  send(response, given, runtime.masker);
}

const unavailable: EndpointAnswer = {
  status: 503,
  json: { code: "Unavailable", message: "rotate has no credential to give now; its log says why" },
  headers: { "retry-after": "1" },
};

function requestOf(request: IncomingMessage, signal: AbortSignal, masker: Masker): EndpointRequest {
  const { method = "", url = "", headers } = request;
  const [path = "", query = ""] = url.split(/\?(.*)/s);
  const header = (name: string): string | undefined => {
    const value = headers[name.toLowerCase()];
    return typeof value === "string" ? value : undefined;
  };
  return {
    method,
    path,
    query: new URLSearchParams(query),
    header,
    shows: (name, secret, prefix = "") => isSame(header(name), `${prefix}${masker.reveal(secret)}`),
    signal,
  };
}

/** In the same time for every text. */
function isSame(text: string | undefined, wanted: string): boolean {
  const [a, b] = [text ?? "", wanted].map((one) => createHash("sha256").update(one).digest());
  return timingSafeEqual(a!, b!) && text !== undefined;
}

function send(response: ServerResponse, { status, json, text, headers }: EndpointAnswer, masker: Masker): void {
  if (response.destroyed) return;
  const body = json === undefined ? revealText(text ?? "", masker) : JSON.stringify(revealDeep(json, masker));
  const type = json === undefined ? "text/plain; charset=utf-8" : "application/json";
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(body);
}
