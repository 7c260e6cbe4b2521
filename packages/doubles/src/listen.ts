import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { Server } from "node:net";

/**
 * Listens on a free port of `host` and returns that port.
 * @param server a TCP, TLS or HTTP server that does not listen yet
 */
export async function listen(server: Server, host = "127.0.0.1"): Promise<number> {
  await once(server.listen(0, host), "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on no port");
  return address.port;
}

/** Somebody who answers by HTTP on a port of 127.0.0.1. */
export interface Answering {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** At once, for those as well who are connected. */
  readonly close: () => void;
}

/** Answers on a free port. */
export async function answering(answer: RequestListener): Promise<Answering> {
  const server = createServer(answer);
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
