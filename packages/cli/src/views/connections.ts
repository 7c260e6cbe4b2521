/** Connections are bounded: whoever only holds one gives way to who asks. */
import type { Server } from "node:http";
import type { Socket } from "node:net";

const mostConnections = 512;
/** With those that came so lately that what they ask was not read yet. */
const mostAtOnce = 768;
/** On one connection. */
const mostRequests = 100;
/** Without a byte in either direction; a stream says something every ten seconds. ms */
const longestSilence = 30_000;

/** What its bounds need of a server, on a port or on a socket. */
type Bounded = Pick<Server, "setTimeout" | "maxRequestsPerSocket" | "on">;

/** The bounds that hold for every server. */
export function bound(server: Bounded): void {
  const crowd = createCrowd();
  server.setTimeout(longestSilence);
  server.maxRequestsPerSocket = mostRequests;
  server.on("clientError", (_, socket) => socket.destroy());
  server.on("connection", (socket) => crowd.came(socket));
  server.on("request", ({ socket }, response) => {
    const rests = crowd.asks(socket);
    response.on("close", rests);
  });
}

/**
 * Many can come within one turn of the event loop. Who asks among them is known two turns later, and nobody gives way before:
 * else those that hold their connections and come back at once would keep everybody else out of a process that is slow for a moment.
 */
function createCrowd() {
  const open = new Set<Socket>();
  /** In the order in which they fell silent. */
  const idle = new Map<unknown, Socket>();
  let trimming = false;

  function trim(most: number): void {
    for (const [key, socket] of idle) {
      if (open.size <= most) return;
      idle.delete(key);
      open.delete(socket);
      socket.destroy();
    }
  }

  function trimSoon(): void {
    if (trimming) return;
    trimming = true;
    setImmediate(setImmediate, () => {
      trimming = false;
      trim(mostConnections);
    });
  }

  return {
    came(socket: Socket): void {
      const key = keyOf(socket);
      open.add(socket);
      idle.set(key, socket);
      socket.on("close", () => {
        open.delete(socket);
        idle.delete(key);
      });
      trim(mostAtOnce);
      if (open.size > mostConnections) trimSoon();
    },
    /** The other end asks something. To be called when it was answered. */
    asks(socket: Socket): () => void {
      const key = keyOf(socket);
      const raw = idle.get(key);
      idle.delete(key);
      return () => void (raw === undefined || raw.destroyed || idle.set(key, raw));
    },
  };
}

/** The same for a connection and for the TLS on it. */
function keyOf(socket: Socket): unknown {
  const { remoteAddress, remotePort } = socket;
  return remotePort === undefined ? socket : `${remoteAddress} ${remotePort}`;
}
