/** How an application's connection begins: requests for encryption that we refuse, then a start-up packet or a request to cancel. */
import type { Socket } from "node:net";
import { readStartup } from "./read.ts";
import { parseStartup, Refusal, requestCodes, type Startup } from "./wire.ts";

/** What an application wants, once it has said so. */
export type Opening =
  | { readonly kind: "session"; readonly startup: Startup }
  /** `key`: process number and secret, as BackendKeyData had them. */
  | { readonly kind: "cancel"; readonly key: Buffer }
  /** TLS from the first byte, to which there is no answer in PostgreSQL's protocol. */
  | { readonly kind: "tls" };

/** A client may ask for GSSAPI, be told no, and ask for TLS, or the other way round. */
const mostRequests = 2;

/** Reads a connection's beginning. Rejects with a Refusal when it is none. */
export async function readOpening(socket: Socket): Promise<Opening> {
  for (let asked = 0; ; asked++) {
    const content = await readStartup(socket);
    if (content === "tls") return { kind: "tls" };
    const code = content.readInt32BE(0);
    if (code === requestCodes.cancel) return { kind: "cancel", key: content.subarray(4) };
    if (code !== requestCodes.ssl && code !== requestCodes.gssEncryption)
      return { kind: "session", startup: parseStartup(content) };
    refuseEncryption(socket, asked);
  }
}

/** Bytes behind the request were sent before our answer: somebody who thinks that they are encrypted, or who wants us to think so (CVE-2021-23214). */
function refuseEncryption(socket: Socket, asked: number): void {
  if (asked >= mostRequests) throw new Refusal({ sqlstate: "08P01", message: "too many requests for encryption" });
  if (socket.readableLength > 0)
    throw new Refusal({ sqlstate: "08P01", message: "received data after a request for encryption" });
  socket.write("N");
}
