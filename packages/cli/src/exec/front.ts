import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { EngineError } from "@rotate/core";
import type { ListenAddress } from "./listen.ts";

/** An address that stays, before commands whose ports change. */
export interface Front {
  /** Where new connections go from now on: a port of this machine. */
  readonly leadTo: (port: number) => void;
  /** Nobody new is let in, and whoever is inside is cut off. */
  readonly close: () => void;
}

/** How soon a command that does not listen yet is tried again. ms */
const pause = 50;

/** Listens; who comes while no command is there waits for the next. Throws EngineError `ROTATE_LISTEN` when the address cannot be had. */
export async function openFront({ host, port }: ListenAddress): Promise<Front> {
  const open = new Set<Socket>();
  let leads: number | undefined;
  function lead(incoming: Socket): void {
    if (incoming.destroyed) return;
    if (leads === undefined) return void setTimeout(lead, pause, incoming);
    const inside = connect({ host: "127.0.0.1", port: leads, noDelay: true, allowHalfOpen: true });
    const again = (): void => void setTimeout(lead, pause, incoming);
    inside.once("error", again);
    inside.once("connect", () => {
      inside.off("error", again).on("error", () => incoming.destroy());
      join(incoming, inside);
    });
  }
  const server = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true }, (incoming) => {
    open.add(incoming);
    incoming.on("error", () => incoming.destroy()).once("close", () => open.delete(incoming));
    lead(incoming);
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", (error) => reject(refused({ host, port }, error))).listen({ host, port }, resolve);
  await promise;
  return {
    leadTo: (next) => void (leads = next),
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

/** Bytes both ways; the end of one side is the end for the other. */
function join(incoming: Socket, inside: Socket): void {
  inside.once("close", () => incoming.destroySoon());
  incoming.once("close", () => inside.destroySoon());
  incoming.pipe(inside);
  inside.pipe(incoming);
}

/** A port of this machine that nobody has now, for a command that is told to listen on it. */
export async function privatePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await once(server.close(), "close");
  return port;
}

function refused(
  { host, port }: Pick<ListenAddress, "host" | "port">,
  { code = "" }: Error & { readonly code?: string },
): EngineError {
  return new EngineError(`cannot listen on ${host}:${port} (${code})`, {
    code: "ROTATE_LISTEN",
    exitCode: 2,
    hint: code === "EADDRINUSE" ? "end what listens there, or name another port" : "name an address of this machine",
  });
}
