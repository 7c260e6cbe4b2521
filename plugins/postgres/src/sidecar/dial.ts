/** A connection to the server: always TLS, always with the certificate checked for the host's name. */
import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import { readExactly } from "./read.ts";
import { int32, packet, Refusal, requestCodes } from "./wire.ts";

/** Where the server is. */
export interface Upstream {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (PostgreSQL 17 and later). */
  readonly direct: boolean;
}

/** One attempt. */
export interface DialOptions {
  readonly upstream: Upstream;
  readonly trust: SecureContext;
  /** An address to go to in place of what the host's name stands for now. */
  readonly address?: string | undefined;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
}

/** Probes of an idle connection, milliseconds: what stands between drops the silent. */
const keepAlive = 30_000;

/** Connects. Rejects with a Refusal (08001) when it cannot, with the signal's reason when that aborts. */
export async function dial(options: DialOptions): Promise<TLSSocket> {
  const { upstream, address = upstream.host, signal } = options;
  signal.throwIfAborted();
  const raw = connect({ host: address, port: upstream.port, noDelay: true });
  raw.setKeepAlive(true, keepAlive);
  const cut = (): void => void raw.destroy();
  signal.addEventListener("abort", cut, { once: true });
  try {
    await arrival(raw, "connect");
    if (!upstream.direct) await askForTls(raw);
    return await secure(raw, options);
  } catch (error) {
    raw.destroy();
    throw signal.aborted ? signal.reason : unreachable(upstream, error);
  } finally {
    signal.removeEventListener("abort", cut);
  }
}

/** What a server's certificate has to lead to: these authorities, or the system's. */
export function trustIn(ca: string | undefined): SecureContext {
  return createSecureContext({ minVersion: "TLSv1.2", ...(ca !== undefined && { ca }) });
}

/** The server has to say `S` and nothing more: what came behind it in the clear could be anybody's (CVE-2021-23222), and so could an error (CVE-2024-10977). */
async function askForTls(raw: Socket): Promise<void> {
  raw.write(packet(int32(requestCodes.ssl)));
  const answer = await readExactly(raw, 1);
  if (answer.toString("latin1") !== "S") throw plain("the server does not speak TLS");
  if (raw.readableLength > 0) throw plain("the server sent bytes in the clear before TLS");
}

async function secure(raw: Socket, { upstream, trust }: DialOptions): Promise<TLSSocket> {
  const { host } = upstream;
  const socket = connectTls({
    socket: raw,
    host,
    secureContext: trust,
    ALPNProtocols: ["postgresql"],
    rejectUnauthorized: true,
    ...(isIP(host) === 0 && { servername: host }),
  });
  await arrival(socket, "secureConnect");
  socket.on("error", () => socket.destroy());
  if (upstream.direct && socket.alpnProtocol !== "postgresql") {
    socket.destroy();
    throw plain("the server did not choose the protocol postgresql in TLS (ALPN)");
  }
  return socket;
}

/** Waits for the event. Rejects with what the socket fails with. */
async function arrival(socket: Socket, event: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const close = (): void => reject(plain("the server closed the connection"));
  socket.on("error", reject);
  socket.once(event, resolve).once("close", close);
  await promise.finally(() => socket.off(event, resolve).off("close", close));
}

function plain(message: string): Refusal {
  return new Refusal({ sqlstate: "08001", message, word: "unreachable" });
}

function unreachable({ host, port }: Upstream, error: unknown): Refusal {
  const words = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
  const message = `rotate cannot reach ${host}:${port}: ${words}${code}`;
  return new Refusal({ sqlstate: "08001", message, word: "unreachable" });
}
