import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { type ListeningAt, RotateError } from "@rotate/plugin-kit";
import { uidOfPeer } from "./peer.ts";
import { listenAt, type SocketPlace } from "./unix-socket.ts";

/** A port of this machine, and whose processes may connect to it; absent: everybody's. */
export interface PortPlace {
  readonly host: string;
  readonly port: number;
  readonly uids?: readonly number[] | undefined;
}

/** Where to listen, and what becomes of connections. */
export interface ListenerOptions {
  readonly where: SocketPlace | PortPlace;
  /** One that may be here: paused, with a listener for its errors. */
  readonly onConnection: (socket: Socket) => void;
  /** Why somebody was turned away, in a word. */
  readonly onRefused: (word: string) => void;
}

/** Something that listens. */
export interface Listener {
  readonly at: ListeningAt;
  /** Nobody new is let in. */
  readonly stop: () => void;
  /** Whoever is inside is cut off; resolves when all are gone. */
  readonly cut: () => Promise<void>;
}

/** Whoever opens more at once is turned away: each costs memory before it has shown who it is. */
const mostConnections = 4_096;

/** Listens. Throws RotateError when it cannot. */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { where, onConnection, onRefused } = options;
  const open = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true, noDelay: true, allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
    void admit(socket);
  });
  server.maxConnections = mostConnections;
  server.on("drop", () => onRefused("too-many"));

  async function admit(socket: Socket): Promise<void> {
    if (!(await mayConnect(socket, where))) {
      onRefused("other-user");
      socket.destroy();
    } else if (!socket.destroyed) onConnection(socket);
  }

  const removePath = await startListening(server, where);
  let stopped: Promise<void> | undefined;
  function stop(): Promise<void> {
    stopped ??= new Promise((resolve) => {
      removePath();
      server.close(() => resolve());
    });
    return stopped;
  }
  return {
    at: addressOf(server, where),
    stop: () => void stop(),
    cut: () => {
      const done = stop();
      for (const socket of open) socket.destroy();
      return done;
    },
  };
}

/** The port that the system chose, where it was asked to. */
function addressOf(server: Server, where: SocketPlace | PortPlace): ListeningAt {
  if ("socket" in where) return { socket: where.socket };
  const { port } = server.address() as AddressInfo;
  return { host: where.host, port };
}

/** Who cannot be told is nobody that was named. */
async function mayConnect(socket: Socket, where: SocketPlace | PortPlace): Promise<boolean> {
  if (!("uids" in where) || where.uids === undefined) return true;
  const uid = await uidOfPeer(socket);
  return uid !== undefined && where.uids.includes(uid);
}

async function startListening(server: Server, where: SocketPlace | PortPlace): Promise<() => void> {
  if ("socket" in where) return listenAt(server, where);
  const { host, port } = where;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(portFault(where, error)));
    server.listen({ host, port }, resolve);
  });
  return () => undefined;
}

const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE: "something listens there already: choose another port",
  EACCES: "ports below 1024 are root's: choose a higher one",
  EADDRNOTAVAIL: "this machine has no such address",
};

function portFault({ host, port }: PortPlace, cause: NodeJS.ErrnoException): RotateError {
  const { code = "" } = cause;
  return new RotateError(`cannot listen on ${host}:${port} (${code === "" ? cause.message : code})`, {
    code: "UNAVAILABLE",
    retryable: true,
    hint: remedies[code] ?? "choose another port",
    cause,
  });
}
