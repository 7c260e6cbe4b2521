/** The PostgreSQL behind the gateway. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import type { Postgres } from "../postgres/start.ts";
import { nextBytes, startupEnd, type Refusal } from "./wire.ts";

/**
 * A connection on which `packet` (StartupMessage or CancelRequest) was sent.
 * @param door `trusted`: the socket that asks for no password, as the gateway has checked the credential; `native`: TCP, where PostgreSQL asks itself
 */
export async function dial(postgres: Postgres, door: "trusted" | "native", packet: Buffer): Promise<Socket> {
  const path = join(postgres.socketDirectory, `.s.PGSQL.${postgres.port}`);
  const socket = door === "trusted" ? connect(path) : connect(postgres.port, postgres.host);
  await once(socket, "connect");
  socket.on("error", () => socket.destroy());
  socket.write(packet);
  return socket;
}

/** Waits until a server that asks for no password has said what becomes of the session: undefined when it is ready. All that it said stays in the stream, for the client. */
export async function refusalOf(backend: Socket): Promise<Refusal | undefined> {
  let said = Buffer.alloc(0);
  while (startupEnd(said) === undefined) {
    const bytes: unknown = backend.read();
    if (Buffer.isBuffer(bytes)) said = Buffer.concat([said, bytes]);
    else await nextBytes(backend);
  }
  backend.unshift(said);
  return startupEnd(said)?.refusal;
}

/** Passes everything on, both ways, byte for byte. Whichever side closes takes the other along, once what it said has been passed on. */
export async function passThrough(client: Socket, backend: Socket): Promise<void> {
  if (client.destroyed || backend.destroyed) {
    client.destroy();
    backend.destroy();
    return;
  }
  const closed = Promise.all([once(client, "close"), once(backend, "close")]);
  client.once("close", () => backend.destroySoon());
  backend.once("close", () => client.destroySoon());
  client.pipe(backend);
  backend.pipe(client);
  await closed;
}
