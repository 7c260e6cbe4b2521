/** A network between a process and its database, which the test cuts. */
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface Gate {
  readonly port: number;
  /** Ends every connection, and lets none through. */
  readonly shut: () => void;
  readonly open: () => void;
  readonly close: () => Promise<void>;
}

export async function createGate(target: number): Promise<Gate> {
  const sockets = new Set<Socket>();
  let isOpen = true;
  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  }
  const server = createServer((near) => {
    keep(near);
    if (!isOpen) return near.destroy();
    const far = connect({ port: target, host: "127.0.0.1" });
    keep(far);
    near.pipe(far).pipe(near);
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    shut() {
      isOpen = false;
      for (const socket of sockets) socket.destroy();
    },
    open: () => void (isOpen = true),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
