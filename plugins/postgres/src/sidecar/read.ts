/** Whole messages out of a socket in paused mode: what was not asked for stays in the socket. */
import type { Socket } from "node:net";
import { type Message, Refusal } from "./wire.ts";

/** As PostgreSQL has it (MAX_STARTUP_PACKET_LENGTH). */
const longestStartup = 10_000;

/** Longer than any message of a login that we have heard of: tokens in passwords, lists of notices. */
const longestMessage = 65_536;

/** The first byte of a TLS record of a handshake: a client that was told `sslnegotiation=direct`. */
const tlsHandshake = 0x16;

/** Reads a packet that has no type byte. `tls`: it is no packet, TLS begins. Throws a Refusal when the peer left, or does not speak the protocol. */
export async function readStartup(socket: Socket): Promise<Buffer | "tls"> {
  const first = await readExactly(socket, 1);
  if (first[0] === tlsHandshake) return "tls";
  const length = Buffer.concat([first, await readExactly(socket, 3)]).readInt32BE(0);
  if (length < 8 || length > longestStartup)
    throw new Refusal({ sqlstate: "08P01", message: "invalid length of startup packet" });
  return readExactly(socket, length - 4);
}

/** Reads one message. Throws a Refusal when the peer left, or does not speak the protocol. */
export async function readMessage(socket: Socket): Promise<Message> {
  const head = await readExactly(socket, 5);
  const length = head.readInt32BE(1);
  if (length < 4 || length > longestMessage)
    throw new Refusal({ sqlstate: "08P01", message: "invalid length of a message during the login" });
  const body = length === 4 ? Buffer.alloc(0) : await readExactly(socket, length - 4);
  return { type: head.toString("latin1", 0, 1), body, raw: Buffer.concat([head, body]) };
}

/** Takes so many bytes and leaves the rest. Throws a Refusal when the peer leaves first, and what the socket fails with. */
export async function readExactly(socket: Socket, size: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let lacking = size; lacking > 0;) {
    // Too few are taken as well: a socket with bytes in it would call itself readable again and again, and nothing else would get its turn.
    const chunk: unknown = socket.read(lacking) ?? socket.read();
    if (Buffer.isBuffer(chunk)) {
      parts.push(chunk);
      lacking -= chunk.length;
    } else if (socket.readableEnded || socket.destroyed) throw socket.errored ?? gone();
    else await somethingNew(socket);
  }
  return Buffer.concat(parts);
}

function gone(): Refusal {
  return new Refusal({ sqlstate: "08006", message: "the connection was closed during the login" });
}

const events = ["readable", "end", "close", "error"] as const;

function somethingNew(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = (): void => resolve();
  for (const event of events) socket.once(event, wake);
  return promise.finally(() => {
    for (const event of events) socket.off(event, wake);
  });
}
