/** How a connection begins: TLS, then the start-up packet, or a request to cancel. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { TLSSocket, type SecureContext } from "node:tls";
import { codeOf, fatal, parseStartup, ProtocolError, readStartupPacket, requestCodes, type Startup } from "./wire.ts";

/** What a client wants, once it has said so. */
export type Opening =
  | { readonly kind: "cancel"; readonly packet: Buffer }
  | { readonly kind: "session"; readonly stream: TLSSocket; readonly packet: Buffer; readonly startup: Startup };

/** Reads a connection's beginning. Throws when it is not TLS, after telling the client so in the service's words. */
export async function open(socket: Socket, secureContext: SecureContext): Promise<Opening> {
  const packet = await readStartupPacket(socket);
  const code = codeOf(packet);
  if (code === requestCodes.cancel) return { kind: "cancel", packet };
  if (code === requestCodes.ssl) return openSecure(await upgrade(socket, secureContext));
  if (code === requestCodes.gssEncryption) {
    socket.write("N");
    return open(socket, secureContext);
  }
  return refuse(socket, `Invalid protocol version: ${code}`);
}

async function openSecure(stream: TLSSocket): Promise<Opening> {
  const packet = await readStartupPacket(stream);
  if (codeOf(packet) === requestCodes.cancel) return { kind: "cancel", packet };
  try {
    return { kind: "session", stream, packet, startup: parseStartup(packet) };
  } catch (error) {
    return refuse(stream, error instanceof Error ? error.message : String(error));
  }
}

/** Answers `S` and shakes hands. What a client sent after its SSLRequest in the clear is refused: it could be somebody else's (CVE-2021-23214). */
async function upgrade(socket: Socket, secureContext: SecureContext): Promise<TLSSocket> {
  if (socket.readableLength > 0) throw new ProtocolError("received unencrypted data after SSL request");
  socket.write("S");
  const stream = new TLSSocket(socket, { isServer: true, secureContext });
  stream.on("error", () => stream.destroy());
  await once(stream, "secure");
  return stream;
}

function refuse(stream: Socket, message: string): never {
  stream.end(fatal({ code: "08P01", message }));
  throw new ProtocolError(message);
}
