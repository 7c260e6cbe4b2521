import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { createCertificateAuthority, listen } from "@rotate/doubles";
import { onTestFinished } from "vitest";

/** A server that is up to no good, or just strange. */
export interface FakeServer {
  readonly port: number;
  /** The root of its certificate, PEM. */
  readonly ca: string;
  /** What the client sent after the server's answer to its start-up packet. */
  readonly received: () => string;
}

/** What the server says to a start-up packet, and after that to the password. */
export interface Script {
  readonly greeting: Buffer;
  readonly answer?: (password: string) => Buffer;
  /** Default false: it refuses TLS with `N`. */
  readonly tls?: boolean;
}

/** AuthenticationCleartextPassword and AuthenticationMD5Password, by the byte (postgresql.org/docs/18/protocol-message-formats.html). */
export const cleartextRequest: Buffer = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);
export const md5Request: Buffer = Buffer.from([0x52, 0, 0, 0, 12, 0, 0, 0, 5, 1, 2, 3, 4]);

/** ErrorResponse. */
export function errorResponse(message: string): Buffer {
  const content = Buffer.from(`SFATAL\0C28P01\0M${message}\0\0`);
  const head = Buffer.from([0x45, 0, 0, 0, 0]);
  head.writeInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}

/** Starts one on localhost, for the length of the test. */
export async function startFakeServer(script: Script): Promise<FakeServer> {
  const authority = createCertificateAuthority();
  const certificate = authority.issue({ hosts: ["localhost"] });
  let received = "";

  async function serve(socket: Socket): Promise<void> {
    socket.on("error", () => socket.destroy());
    onTestFinished(() => void socket.destroy());
    const [first] = await once(socket, "data");
    const stream = isSslRequest(first) ? answerSsl(socket) : socket;
    if (stream !== socket) await once(stream, "data");
    stream.on("data", (bytes: Buffer) => {
      received += bytes.toString("latin1");
      stream.end(script.answer?.(bytes.toString("utf8", 5, bytes.length - 1)) ?? "");
    });
    stream.write(script.greeting);
  }

  function answerSsl(socket: Socket): Socket {
    socket.write(script.tls === true ? "S" : "N");
    if (script.tls !== true) return socket;
    const stream = new TLSSocket(socket, { isServer: true, ...certificate });
    return stream.on("error", () => stream.destroy());
  }

  const server = createServer((socket) => void serve(socket).catch(() => socket.destroy()));
  onTestFinished(() => void server.close());
  return { port: await listen(server), ca: authority.ca, received: () => received };
}

function isSslRequest(packet: unknown): boolean {
  return Buffer.isBuffer(packet) && packet.length === 8 && packet.readInt32BE(4) === 80_877_103;
}
