/** The few messages of the PostgreSQL protocol 3.0 that come before a session (postgresql.org/docs/18/protocol-message-formats.html). */
import type { Duplex } from "node:stream";

/** Codes that stand where a start-up packet has its protocol version. */
export const requestCodes = { cancel: 80_877_102, ssl: 80_877_103, gssEncryption: 80_877_104 } as const;

const protocol3 = 196_608;
const longestStartup = 10_000;
const longestPassword = 65_536;

/** What a refused client is told, as FATAL. */
export interface Refusal {
  /** SQLSTATE. */
  readonly code: string;
  readonly message: string;
}

/** The start-up packet of a session. */
export interface Startup {
  readonly user: string;
  readonly database: string;
  /** All parameters as sent, `user` and `database` among them. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Thrown when a peer does not speak the protocol. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** Reads one packet that has no type byte: length, code, content. The length is left in. */
export async function readStartupPacket(stream: Duplex): Promise<Buffer> {
  const head = await readExactly(stream, 4);
  const length = head.readInt32BE(0);
  if (length < 8 || length > longestStartup) throw new ProtocolError("invalid length of startup packet");
  return Buffer.concat([head, await readExactly(stream, length - 4)]);
}

/** The code or protocol version of a start-up packet. */
export function codeOf(packet: Buffer): number {
  return packet.readInt32BE(4);
}

/** Takes a start-up packet of protocol 3.0 apart. */
export function parseStartup(packet: Buffer): Startup {
  const version = codeOf(packet);
  if (version !== protocol3)
    throw new ProtocolError(`unsupported frontend protocol ${version >> 16}.${version & 0xffff}`);
  const words = packet.toString("utf8", 8).split("\0");
  const parameters = new Map<string, string>();
  for (let at = 0; words[at] !== "" && words[at] !== undefined; at += 2) {
    parameters.set(words[at] ?? "", words[at + 1] ?? "");
  }
  const user = parameters.get("user");
  if (user === undefined) throw new ProtocolError("no PostgreSQL user name specified in startup packet");
  return { user, database: parameters.get("database") ?? user, parameters };
}

/** Reads the client's PasswordMessage. */
export async function readPassword(stream: Duplex): Promise<string> {
  const head = await readExactly(stream, 5);
  const length = head.readInt32BE(1);
  if (head.toString("latin1", 0, 1) !== "p") throw new ProtocolError("expected password response");
  if (length < 5 || length > longestPassword) throw new ProtocolError("invalid password packet size");
  const content = await readExactly(stream, length - 4);
  return content.toString("utf8", 0, content.length - 1);
}

/** AuthenticationCleartextPassword. */
export const askCleartextPassword: Buffer = message("R", Buffer.from([0, 0, 0, 3]));

/** ErrorResponse with severity FATAL. */
export function fatal({ code, message: text }: Refusal): Buffer {
  return message("E", Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${text}\0\0`, "utf8"));
}

/** How a server's start-up ends in these bytes: with ReadyForQuery or an ErrorResponse; undefined when it has not come to that. */
export function startupEnd(bytes: Buffer): { readonly refusal: Refusal | undefined } | undefined {
  for (let at = 0; at + 5 <= bytes.length; at += 1 + bytes.readInt32BE(at + 1)) {
    const type = bytes.toString("latin1", at, at + 1);
    if (type === "Z") return { refusal: undefined };
    const end = at + 1 + bytes.readInt32BE(at + 1);
    if (type === "E" && end <= bytes.length) return { refusal: parseError(bytes.toString("utf8", at + 5, end)) };
  }
  return undefined;
}

function parseError(content: string): Refusal {
  const fields = new Map(content.split("\0").map((field) => [field.slice(0, 1), field.slice(1)]));
  return { code: fields.get("C") ?? "", message: fields.get("M") ?? "" };
}

function message(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, "latin1");
  head.writeInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}

/** Takes `size` bytes and leaves the rest in the stream. Throws ProtocolError when the peer leaves first. */
async function readExactly(stream: Duplex, size: number): Promise<Buffer> {
  for (;;) {
    const chunk: unknown = stream.read(size);
    if (Buffer.isBuffer(chunk) && chunk.length === size) return chunk;
    if (chunk !== null) throw new ProtocolError("the peer left in the middle of a message");
    await nextBytes(stream);
  }
}

/** Waits until there is something to read. Throws ProtocolError when nothing more will come. */
export function nextBytes(stream: Duplex): Promise<void> {
  if (stream.readableEnded || stream.destroyed) throw new ProtocolError("the peer left");
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const events = { readable: resolve, end: resolve, close: resolve, error: reject };
  for (const [event, listener] of Object.entries(events)) stream.once(event, listener);
  return promise.finally(() => {
    for (const [event, listener] of Object.entries(events)) stream.off(event, listener);
  });
}
