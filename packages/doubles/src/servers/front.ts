/** A way to a server on which requests and answers get lost, or stay behind. */
import { createServer, request, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/**
 * What becomes of a request. lost: the server does it, and its answer is lost. late: it is held, until `land`; who asked sees a broken connection. hangs: nobody answers. An
 * answer of the front's own: the server hears nothing.
 */
export type Fate = "answered" | "hangs" | "lost" | "late" | { readonly status: number; readonly body: string };

/** A running front. */
export interface Front {
  readonly url: string;
  /** Decides each request, by verb, path and (of AWS) action; replace it. */
  fate: (asked: string) => Fate;
  /** Every request so far. */
  readonly asked: readonly string[];
  /** Sends what is late, in order. Gives the statuses of the answers. */
  readonly land: () => Promise<readonly number[]>;
  readonly close: () => void;
}

interface Held {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Starts one before `target`, on a free port of 127.0.0.1. */
export async function startFront(target: string): Promise<Front> {
  const asked: string[] = [];
  const late: Held[] = [];
  const server = createServer((incoming, outgoing) => {
    void take(incoming, outgoing);
  });
  async function take(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = "GET", url: path = "/", headers } = incoming;
    const held = { method, path, headers, body: await buffer(incoming) };
    const line = [method, path, headers["x-amz-target"]].filter(Boolean).join(" ");
    asked.push(line);
    await meet(front.fate(line), { held, outgoing, late, target });
  }
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const front: Front = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fate: () => "answered",
    asked,
    async land() {
      const statuses: number[] = [];
      for (const held of late.splice(0)) statuses.push((await send(target, held)).status);
      return statuses;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return front;
}

interface Meeting {
  readonly held: Held;
  readonly outgoing: ServerResponse;
  readonly late: Held[];
  readonly target: string;
}

async function meet(fate: Fate, { held, outgoing, late, target }: Meeting): Promise<void> {
  if (fate === "hangs") return;
  if (fate === "late") {
    late.push(held);
    return void outgoing.destroy();
  }
  if (typeof fate === "object") return void outgoing.writeHead(fate.status).end(fate.body);
  const { status, headers, body } = await send(target, held);
  if (fate === "lost") return void outgoing.destroy();
  outgoing.writeHead(status, headers).end(body);
}

function send(target: string, { method, path, headers, body }: Held): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const onward = request(new URL(path, target), { method, headers }, (answer) => {
      const { statusCode: status = 500, headers: its } = answer;
      buffer(answer).then((whole) => resolve({ status, headers: its, body: whole }), reject);
    });
    onward.on("error", reject).end(body);
  });
}
