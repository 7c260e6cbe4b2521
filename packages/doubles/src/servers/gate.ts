/** A network between processes and a server of this machine, which a test cuts. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { listen } from "../listen.ts";

/** A way to a server that can be shut. */
export interface Gate {
  readonly port: number;
  /** Ends every connection, and lets none through until it is opened. */
  readonly shut: () => void;
  readonly open: () => void;
  readonly close: () => Promise<void>;
}

/** How what is said goes between who asks and the server. */
export type Passing = (near: Socket, far: Socket) => void;

function passAll(near: Socket, far: Socket): void {
  near.pipe(far).pipe(near);
}

/** A way to a port of 127.0.0.1, on a port of its own. @param pass lets everything through by default */
export async function createGate(target: number, pass: Passing = passAll): Promise<Gate> {
  const sockets = new Set<Socket>();
  let isOpen = true;

  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
  }

  function endAll(): void {
    for (const socket of sockets) socket.destroy();
  }

  const server = createServer((near) => {
    keep(near);
    if (!isOpen) {
      near.destroy();
      return;
    }
    const far = connect({ port: target, host: "127.0.0.1" });
    keep(far);
    pass(near, far);
    near.once("close", () => far.destroy());
    far.once("close", () => near.destroy());
  });
  const port = await listen(server);
  return {
    port,
    shut() {
      isOpen = false;
      endAll();
    },
    open: () => void (isOpen = true),
    async close() {
      endAll();
      await once(server.close(), "close");
    },
  };
}
