import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { createCertificateAuthority, listen, type CertificateRequest } from "@rotate/doubles";
import { onTestFinished } from "vitest";
import { readMessage, readStartup } from "../../../src/sidecar/read.ts";
import { int32, message } from "../../../src/sidecar/wire.ts";

/** A server that does as it is told, after real TLS. */
export interface ScriptedServer {
  readonly port: number;
  readonly ca: string;
  /** Start-up packets in order, without their lengths. */
  readonly startups: readonly Buffer[];
  /** Requests to cancel. */
  readonly cancels: readonly Buffer[];
}

/** What it does. */
export interface Script {
  /** The whole session, from the start-up packet on. */
  readonly session: (socket: TLSSocket, startup: Buffer, count: number) => Promise<void>;
  /** In place of answering SSLRequest with S and TLS. */
  readonly beforeTls?: (raw: Socket) => void;
  /** Default: a certificate for localhost. */
  readonly certificate?: Partial<CertificateRequest>;
}

/** AuthenticationOk. */
export const authenticationOk: Buffer = message("R", int32(0));
/** ReadyForQuery, idle. */
export const ready: Buffer = message("Z", Buffer.from("I"));
/** AuthenticationCleartextPassword. */
export const askPassword: Buffer = message("R", int32(3));

/** An ErrorResponse with more fields than we would write. */
export function serverError(sqlstate: string, text: string): Buffer {
  const fields = `SFATAL\0VFATAL\0C${sqlstate}\0M${text}\0Dwhy\0Fauth.c\0L1\0Rauth_failed\0\0`;
  return message("E", Buffer.from(fields));
}

/** Asks for the password, and takes it. */
export async function takePassword(socket: TLSSocket): Promise<string> {
  socket.write(askPassword);
  const { body } = await readMessage(socket);
  return body.toString("utf8", 0, body.length - 1);
}

/** Starts one for the length of the test. */
export async function startScriptedServer(script: Script): Promise<ScriptedServer> {
  const authority = createCertificateAuthority();
  const issued = authority.issue({ hosts: ["localhost"], ...script.certificate });
  const startups: Buffer[] = [];
  const cancels: Buffer[] = [];

  async function serve(raw: Socket): Promise<void> {
    await readStartup(raw);
    if (script.beforeTls !== undefined) return script.beforeTls(raw);
    raw.write("S");
    const socket = new TLSSocket(raw, { isServer: true, ...issued, ALPNProtocols: ["postgresql"] });
    socket.on("error", () => socket.destroy());
    await once(socket, "secure");
    const packet = await readStartup(socket);
    if (packet === "tls") return;
    if (packet.length > 4 && packet.readInt32BE(0) === 80_877_102) {
      cancels.push(packet.subarray(4));
      return void socket.end();
    }
    startups.push(packet);
    await script.session(socket, packet, startups.length);
  }

  const sockets = new Set<Socket>();
  const server = createServer((raw) => {
    sockets.add(raw);
    raw.on("error", () => raw.destroy());
    serve(raw).catch(() => raw.destroy());
  });
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: await listen(server), ca: authority.ca, startups, cancels };
}
