/** A way to a server that breaks off in the middle of a call: what was sent arrives late, and its answer never. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { listen } from "./listen.ts";

/** A call that is being cut off. */
export interface Cutting {
  /** Has the call come to the message at which it is cut? */
  readonly reached: () => boolean;
  /** Lets that message go on to the server. Resolves when the server has done with it and with the connection; at once when the call never came so far. */
  readonly arrive: () => Promise<void>;
}

/** A proxy on 127.0.0.1. */
export interface CuttingProxy {
  readonly host: string;
  readonly port: number;
  /** The next connection ends for its client with its nth message (from 1), which is held back. Others go through. */
  readonly cutAt: (message: number) => Cutting;
  readonly close: () => Promise<void>;
}

/** Opens a way to a server. A message is what a client sends in one piece: a statement, or all of one that has bound values. */
export async function createCuttingProxy(to: { readonly host: string; readonly port: number }): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let armed: Cut | undefined;

  const server = createServer((client) => {
    const upstream = connect(to.port, to.host);
    const cut = armed;
    armed = undefined;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
    }
    if (cut === undefined) join(client, upstream);
    else cut.watch(client, upstream);
  });
  const port = await listen(server);
  return {
    host: "127.0.0.1",
    port,
    cutAt(message) {
      armed = createCut(message);
      return armed;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await once(server.close(), "close");
    },
  };
}

function join(client: Socket, upstream: Socket): void {
  client.pipe(upstream).pipe(client);
  client.once("close", () => upstream.destroy());
}

interface Cut extends Cutting {
  readonly watch: (client: Socket, upstream: Socket) => void;
}

function createCut(message: number): Cut {
  let count = 0;
  let held: { readonly upstream: Socket; readonly bytes: Uint8Array | string } | undefined;
  return {
    reached: () => held !== undefined,
    watch(client, upstream) {
      upstream.on("data", (bytes) => client.write(bytes)).once("close", () => client.destroy());
      client.on("data", (bytes) => {
        count += 1;
        if (count < message) return void upstream.write(bytes);
        held ??= { upstream, bytes };
        client.destroy();
      });
      client.once("close", () => {
        if (held === undefined) upstream.destroy();
      });
    },
    async arrive() {
      if (held === undefined || held.upstream.closed) return;
      held.upstream.end(held.bytes);
      await once(held.upstream, "close");
    },
  };
}
