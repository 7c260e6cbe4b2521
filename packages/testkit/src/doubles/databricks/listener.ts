import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { text } from "node:stream/consumers";
import { listen } from "../../listen.ts";
import { loginPage } from "./answers.ts";
import type { Answer, Fault, Faults, Route, SeenRequest } from "./types.ts";

export interface Listener {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  readonly faults: Faults;
  readonly close: () => Promise<void>;
}

export interface ListenerOptions {
  readonly now: () => number;
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly handle: (request: SeenRequest) => Answer | Promise<Answer>;
}

/** An HTTP server on loopback that keeps what it saw and spoils the answers it is told to spoil. */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  const requests: SeenRequest[] = [];
  const { faults, take } = faultQueue();

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(incoming, options.now());
    requests.push(request);
    const fault = take(`${request.method} ${request.path}`);
    if (fault === "hang") return;
    if (fault === "drop") return void incoming.socket.destroy();
    response.setHeader("date", new Date(options.now()).toUTCString());
    if (fault === undefined) return send(response, await options.handle(request));
    if (fault === "cut") return sendHalf(response, await options.handle(request));
    send(response, fault === "html" ? loginPage : fault);
  }

  function serve(incoming: IncomingMessage, response: ServerResponse): void {
    answer(incoming, response).catch((error: unknown) => {
      if (!response.headersSent) send(response, { status: 500, body: `the double itself failed: ${String(error)}` });
    });
  }

  const server = options.tls ? createTlsServer(options.tls, serve) : createServer(serve);
  const port = await listen(server);
  return {
    url: `${options.tls ? "https" : "http"}://127.0.0.1:${port}`,
    requests,
    faults,
    close: () => closed(server),
  };
}

function faultQueue(): { readonly faults: Faults; readonly take: (route: Route) => Fault | undefined } {
  const once = new Map<Route, Fault[]>();
  const always = new Map<Route, Fault>();
  return {
    faults: {
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

async function readRequest(incoming: IncomingMessage, at: number): Promise<SeenRequest> {
  const body = await text(incoming);
  const url = new URL(incoming.url ?? "/", "http://double");
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) headers[name] = [value].flat().join(", ");
  return { at, method: incoming.method ?? "GET", path: url.pathname, query: url.searchParams, headers, body };
}

function textOf(answer: Answer): string {
  if (typeof answer.body === "string") return answer.body;
  return answer.body === undefined ? "" : JSON.stringify(answer.body);
}

function headersOf(answer: Answer): Record<string, string> {
  const json = typeof answer.body === "object" ? { "content-type": "application/json" } : {};
  return { ...json, ...answer.headers };
}

function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, headersOf(answer)).end(textOf(answer));
}

function sendHalf(response: ServerResponse, answer: Answer): void {
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
