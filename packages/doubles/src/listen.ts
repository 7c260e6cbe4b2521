import { once } from "node:events";
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
