/** What a worker and its database say to each other: cut, or listened to for the moment at which the worker is to be struck. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** Waits for words of a worker. */
export interface Trap {
  /** All of these stand in what it sends. */
  readonly words: readonly string[];
  readonly without?: string;
  /** `before`: the database has not heard them; `after`: it has answered, and so many ms have passed. */
  readonly moment: "before" | "after";
  readonly delay: number;
  readonly strike: () => void;
}

/** The way of one worker to its database. */
export interface Wire {
  readonly port: number;
  readonly arm: (trap: Trap | undefined) => void;
  readonly shut: () => void;
  readonly open: () => void;
  readonly close: () => Promise<void>;
}

/** @param target a port of 127.0.0.1 */
export async function createWire(target: number): Promise<Wire> {
  const sockets = new Set<Socket>();
  let isOpen = true;
  let armed: Trap | undefined;

  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
  }

  function endAll(): void {
    for (const socket of sockets) socket.destroy();
  }

  function sprung(chunk: Buffer): Trap | undefined {
    if (armed === undefined || armed.words.some((words) => !chunk.includes(words))) return undefined;
    if (armed.without !== undefined && chunk.includes(armed.without)) return undefined;
    const trap = armed;
    armed = undefined;
    return trap;
  }

  function pass(near: Socket, far: Socket): void {
    near.on("data", (chunk: Buffer) => {
      const trap = sprung(chunk);
      if (trap?.moment === "before") {
        trap.strike();
        return void near.destroy();
      }
      far.write(chunk);
      if (trap) far.once("data", () => void setTimeout(trap.strike, trap.delay));
    });
    far.on("data", (chunk: Buffer) => void near.write(chunk));
    near.once("close", () => far.destroy());
    far.once("close", () => near.destroy());
  }

  const server = createServer((near) => {
    keep(near);
    if (!isOpen) return void near.destroy();
    const far = connect({ port: target, host: "127.0.0.1" });
    keep(far);
    pass(near, far);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    arm: (trap) => void (armed = trap),
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
