/** What every HTTP double is built on: a real server on loopback that keeps what it saw, and spoils the answers it is told to spoil. */
import { once as untilEvent } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { buffer } from "node:stream/consumers";
import { TLSSocket } from "node:tls";
import { listen } from "./listen.ts";

/** A request as it came. */
export interface DoubleRequest {
  /** When it arrived, milliseconds since 1970. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** The body as it came, for formats that are no text. */
  readonly bytes: Buffer;
  /** The client's certificate, PEM, when it showed one that its authority signed. */
  readonly clientCertificate?: string;
}

/** What a double answers, unless a fault spoils it. */
export interface DoubleAnswer {
  readonly status: number;
  /** An object is sent as JSON, a string as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A fault that replaces one answer (or, for `cut`, spoils it). */
export type DoubleFault =
  /** This answer instead of the real one; nothing took effect. */
  | DoubleAnswer
  /** Never answered; nothing took effect. */
  | "hang"
  /** The connection is closed without a word; nothing took effect. */
  | "drop"
  /** The request takes effect, then the connection breaks in the middle of the answer. */
  | "cut"
  /** Answered with 504 by a gateway, while the request goes on behind it: it takes effect at `arrive`. */
  | "late"
  /** The request takes effect, then this answer is given in place of the real one. */
  | { readonly afterwards: DoubleAnswer }
  /** A proxy's login page, with status 200; nothing took effect. */
  | "html";

/** How answers are spoilt: by route, once or until told otherwise. */
export interface DoubleFaults {
  /** Spoils the next answers of a route (`METHOD /path` without the query; `*` is every route), one fault each. */
  readonly next: (route: string, ...faults: readonly DoubleFault[]) => void;
  /** Spoils every answer of a route, until `clear`. */
  readonly always: (route: string, fault: DoubleFault) => void;
  /** Forgets every fault that has not struck. */
  readonly clear: () => void;
  /** What is still on its way takes effect now, in order; how many requests that were. */
  readonly arrive: () => Promise<number>;
}

/** PEM texts. With `clientCa`, clients may show a certificate that this authority signed. */
export interface DoubleTls {
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string;
}

/** What makes one double another than the next. */
export interface HttpDoubleOptions {
  /** Wall clock, milliseconds since 1970; also the `Date` header. */
  readonly now: () => number;
  /** Given, the double speaks https. */
  readonly tls?: DoubleTls | undefined;
  /** Given, the double listens on this Unix domain socket instead of a port. */
  readonly socketPath?: string | undefined;
  readonly handle: (request: DoubleRequest) => DoubleAnswer | Promise<DoubleAnswer>;
}

/** A server that runs, until `close`. */
export interface HttpDouble {
  /** `http://127.0.0.1:PORT`, or https; `http://localhost` behind a Unix domain socket. */
  readonly url: string;
  /** Every request seen, in order. */
  readonly requests: readonly DoubleRequest[];
  readonly faults: DoubleFaults;
  readonly close: () => Promise<void>;
}

/** Starts a server on a free port of loopback. */
export async function startHttpDouble(options: HttpDoubleOptions): Promise<HttpDouble> {
  const requests: DoubleRequest[] = [];
  const onTheirWay: DoubleRequest[] = [];
  const { faults, take } = faultQueue(async () => {
    const arrived = onTheirWay.splice(0);
    for (const request of arrived) await options.handle(request);
    return arrived.length;
  });

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(incoming, options.now());
    requests.push(request);
    const fault = take(`${request.method} ${request.path}`);
    if (fault === "hang") return;
    if (fault === "drop") return void incoming.socket.destroy();
    if (fault === "late") onTheirWay.push(request);
    response.setHeader("date", new Date(options.now()).toUTCString());
    if (fault === undefined) return send(response, await options.handle(request));
    if (fault === "cut") return sendHalf(response, await options.handle(request));
    if (typeof fault === "object" && "afterwards" in fault) {
      await options.handle(request);
      return send(response, fault.afterwards);
    }
    send(response, answerOf(fault));
  }

  function serve(incoming: IncomingMessage, response: ServerResponse): void {
    answer(incoming, response).catch((error: unknown) => {
      if (!response.headersSent) send(response, { status: 500, body: `the double itself failed: ${String(error)}` });
    });
  }

  const server = options.tls ? createTlsServer(tlsOptions(options.tls), serve) : createServer(serve);
  const url = await open(server, options);
  return { url, requests, faults, close: () => closed(server) };
}

function answerOf(fault: DoubleAnswer | "late" | "html"): DoubleAnswer {
  if (fault === "late") return { status: 504, body: "the upstream server did not answer in time" };
  return fault === "html" ? loginPage : fault;
}

async function open(server: Server, { tls, socketPath }: HttpDoubleOptions): Promise<string> {
  if (socketPath !== undefined) {
    await untilEvent(server.listen(socketPath), "listening");
    return "http://localhost";
  }
  return `${tls ? "https" : "http"}://127.0.0.1:${await listen(server)}`;
}

const loginPage: DoubleAnswer = {
  status: 200,
  body: "<!doctype html><html><head><title>Sign in</title></head><body><form></form></body></html>",
  headers: { "content-type": "text/html; charset=utf-8" },
};

function tlsOptions({ cert, key, clientCa }: DoubleTls) {
  return clientCa === undefined
    ? { cert, key }
    : { cert, key, ca: clientCa, requestCert: true, rejectUnauthorized: false };
}

function faultQueue(arrive: DoubleFaults["arrive"]): {
  readonly faults: DoubleFaults;
  readonly take: (route: string) => DoubleFault | undefined;
} {
  const once = new Map<string, DoubleFault[]>();
  const always = new Map<string, DoubleFault>();
  return {
    faults: {
      arrive,
      next: (route, ...faults) => void once.set(route, [...(once.get(route) ?? []), ...faults]),
      always: (route, fault) => void always.set(route, fault),
      clear() {
        once.clear();
        always.clear();
      },
    },
    take: (route) => once.get(route)?.shift() ?? once.get("*")?.shift() ?? always.get(route) ?? always.get("*"),
  };
}

function certificateOf({ socket }: IncomingMessage): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  return socket.getPeerX509Certificate()?.toString();
}

async function readRequest(incoming: IncomingMessage, at: number): Promise<DoubleRequest> {
  const clientCertificate = certificateOf(incoming);
  const bytes = await buffer(incoming);
  const url = new URL(incoming.url ?? "/", "http://double");
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat().join(", ")]),
  );
  const request = {
    at,
    method: incoming.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    headers,
    bytes,
    body: bytes.toString(),
  };
  return clientCertificate === undefined ? request : { ...request, clientCertificate };
}

function textOf({ body }: DoubleAnswer): string {
  if (typeof body === "string") return body;
  return body === undefined ? "" : JSON.stringify(body);
}

function headersOf(answer: DoubleAnswer): Record<string, string> {
  const json = typeof answer.body === "object" ? { "content-type": "application/json" } : {};
  return { ...json, ...answer.headers };
}

function send(response: ServerResponse, answer: DoubleAnswer): void {
  response.writeHead(answer.status, headersOf(answer)).end(textOf(answer));
}

function sendHalf(response: ServerResponse, answer: DoubleAnswer): void {
  const whole = textOf(answer);
  response.writeHead(answer.status, { ...headersOf(answer), "content-length": String(Buffer.byteLength(whole)) });
  response.write(whole.slice(0, Math.ceil(whole.length / 2)), () => response.destroy());
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}
