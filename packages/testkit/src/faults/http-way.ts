/** A way to an HTTP server on which things go wrong when they are told to: for plugins in any language, which are given its address in place of the server's. */
import type { Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { busyFor, type CutCall, type Fault, type Spoilt, type Way } from "./fault.ts";
import { endToEnd, forward, type HttpMessage, type HttpReply, messageOf } from "./forward.ts";

/** A way that is open, until `close`. */
export interface HttpWay extends Way {
  /** `http://127.0.0.1:…`, without a slash. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

interface Armed {
  left: number;
  readonly strike: (message: HttpMessage, response: ServerResponse) => Promise<void> | void;
}

/** Opens a way to a server. @param to its address, http or https, or who answers in its place */
export async function openHttpWay(to: string | ((message: HttpMessage) => Promise<HttpReply>)): Promise<HttpWay> {
  const answer = typeof to === "string" ? (message: HttpMessage) => forward(new URL(to), message) : to;
  let always: ((response: ServerResponse) => void) | undefined;
  let armed: Armed | undefined;

  async function take(message: HttpMessage, response: ServerResponse): Promise<void> {
    if (always !== undefined) return always(response);
    if (armed !== undefined && --armed.left === 0) return armed.strike(message, response);
    reply(response, await answer(message));
  }
  const server = await listening((message, response) => void take(message, response).catch(() => response.destroy()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refuse: (status = 403) => void (always = (response) => refuse(response, status)),
    hang: () => void (always = () => undefined),
    mend: () => void (always = armed = undefined),
    spoil(message, fault) {
      let struck = false;
      armed = {
        left: message,
        strike(request, response) {
          struck = true;
          return strikes[fault](request, response, answer);
        },
      };
      const mine = armed;
      return {
        struck: () => struck,
        forget: () => void (armed = armed === mine ? undefined : armed),
      } satisfies Spoilt;
    },
    cutAt(message) {
      let held: HttpMessage | undefined;
      armed = {
        left: message,
        strike(request, response) {
          held = request;
          response.destroy();
        },
      };
      return {
        reached: () => held !== undefined,
        async arrive() {
          armed = undefined;
          if (held !== undefined) await answer(held);
        },
      } satisfies CutCall;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

async function listening(take: (message: HttpMessage, response: ServerResponse) => void): Promise<Server> {
  const { createServer } = await import("node:http");
  const server = createServer((request, response) => {
    messageOf(request).then(
      (message) => take(message, response),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return server;
}

function reply(response: ServerResponse, { status, headers, body }: HttpReply): void {
  response.writeHead(status, { ...endToEnd(headers), "content-length": body.length }).end(body);
}

function refuse(response: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}): void {
  const date = new Date().toUTCString();
  response
    .writeHead(status, { "content-type": "application/json", date, ...headers })
    .end('{"error":"a fault of the test"}');
}

type Strike = (
  message: HttpMessage,
  response: ServerResponse,
  answer: (message: HttpMessage) => Promise<HttpReply>,
) => Promise<void> | void;

const strikes: Readonly<Record<Fault, Strike>> = {
  busy: (_, response) => refuse(response, 429, { "retry-after": String(busyFor / 1000) }),
  broken: (_, response) => refuse(response, 500),
  drop: (_, response) => void response.destroy(),
  async cut(message, response, answer) {
    const { status, headers, body } = await answer(message);
    response.writeHead(status, { ...endToEnd(headers), "content-length": body.length + 2 });
    response.write(body.subarray(0, body.length / 2), () => response.destroy());
  },
  async half(message, response, answer) {
    const whole = await answer(message);
    reply(response, { ...whole, body: whole.body.subarray(0, whole.body.length / 2) });
  },
  page: (_, response) =>
    void response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Sign in</title>"),
  hang: () => undefined,
};
