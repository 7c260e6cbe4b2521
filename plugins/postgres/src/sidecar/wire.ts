/** The messages of the PostgreSQL protocol that come before a session, to read and to write (postgresql.org/docs/18/protocol-message-formats.html). */

/** Codes that stand where a start-up packet has its protocol version. */
export const requestCodes = { cancel: 80_877_102, ssl: 80_877_103, gssEncryption: 80_877_104 } as const;

/** What a peer is told, or told us, when there will be no session. */
export interface Failure {
  /** SQLSTATE. */
  readonly sqlstate: string;
  readonly message: string;
  readonly hint?: string;
  /** How it is counted. Default: `server-refused` when the server said it, else `bad-protocol`. */
  readonly word?: string;
}

/** A login that came to nothing. Made with the server's own ErrorResponse where there is one: it is passed on as it is. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly sqlstate: string;
  readonly word: string;
  /** What the application is told. */
  readonly packet: Buffer;
  constructor(failure: Failure, said?: Buffer) {
    super(failure.message);
    this.sqlstate = failure.sqlstate;
    this.word = failure.word ?? (said === undefined ? "bad-protocol" : "server-refused");
    this.packet = said ?? fatal(failure);
  }
}

/** A message after the start-up: its type's letter, its content, and both as they came. */
export interface Message {
  readonly type: string;
  readonly body: Buffer;
  readonly raw: Buffer;
}

/** The start-up packet of a session. Values are bytes: they are in an encoding that only the server knows. */
export interface Startup {
  /** Major version times 65,536 plus minor. */
  readonly version: number;
  readonly parameters: ReadonlyMap<string, Buffer>;
}

/** One message. */
export function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const size = parts.reduce((sum, { length }) => sum + length, 4);
  return Buffer.concat([Buffer.from(type, "latin1"), int32(size), ...parts]);
}

/** Numbers of 32 bits, big-endian. */
export function int32(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [index, number] of numbers.entries()) bytes.writeInt32BE(number, 4 * index);
  return bytes;
}

/** Text with its final zero. */
export function cstring(text: string | Buffer): Buffer {
  return Buffer.concat([typeof text === "string" ? Buffer.from(text) : text, zero]);
}

const zero = Buffer.from([0]);

/** ErrorResponse with severity FATAL. */
export function fatal({ sqlstate, message: text, hint }: Failure): Buffer {
  const fields = ["SFATAL", "VFATAL", `C${sqlstate}`, `M${text}`, ...(hint === undefined ? [] : [`H${hint}`])];
  return message("E", ...fields.map(cstring), zero);
}

/** What an ErrorResponse says, as far as we look at it. */
export function failureOf(body: Buffer): Failure {
  const fields = new Map(
    body
      .toString("utf8")
      .split("\0")
      .map((field) => [field.slice(0, 1), field.slice(1)]),
  );
  return { sqlstate: fields.get("C") ?? "", message: fields.get("M") ?? "" };
}

/** A packet without a type: its length goes before it. */
export function packet(...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([int32(content.length + 4), content]);
}

/** A start-up packet, as it is sent. */
export function startupPacket({ version, parameters }: Startup): Buffer {
  const pairs = [...parameters].flatMap(([name, value]) => [cstring(name), cstring(value)]);
  return packet(int32(version), ...pairs, zero);
}

/** Takes a start-up packet (without its length) apart. Throws a Refusal when it is none. */
export function parseStartup(content: Buffer): Startup {
  const version = content.readInt32BE(0);
  if (version >> 16 !== 3) throw new Refusal(wrongVersion(version));
  const parameters = new Map<string, Buffer>();
  let at = 4;
  while (content[at] !== 0) {
    const [name, value, next] = pairAt(content, at);
    parameters.set(name, value);
    at = next;
  }
  if (at + 1 !== content.length) throw new Refusal(badLayout);
  return { version, parameters };
}

function pairAt(content: Buffer, at: number): readonly [string, Buffer, number] {
  const endOfName = content.indexOf(0, at);
  const endOfValue = endOfName < 0 ? -1 : content.indexOf(0, endOfName + 1);
  if (endOfValue < 0) throw new Refusal(badLayout);
  return [content.toString("latin1", at, endOfName), content.subarray(endOfName + 1, endOfValue), endOfValue + 1];
}

const badLayout: Failure = {
  sqlstate: "08P01",
  message: "invalid startup packet layout: expected terminator as last byte",
};

function wrongVersion(version: number): Failure {
  const text = `${version >> 16}.${version & 0xffff}`;
  return { sqlstate: "0A000", message: `unsupported frontend protocol ${text}: rotate speaks 3.x` };
}
