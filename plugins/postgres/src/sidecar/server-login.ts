/** The login at the server with the credential, up to the moment when it is ready for queries. */
import { createHash } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { Secret } from "@rotate/plugin-kit";
import { serverEndPoint } from "./channel-binding.ts";
import { readMessage } from "./read.ts";
import { beginExchange, type Derive } from "./scram-client.ts";
import { cstring, failureOf, int32, type Message, message, Refusal, startupPacket, type Startup } from "./wire.ts";

/** Whom to log in, with what. */
export interface ServerLogin {
  readonly startup: Startup;
  readonly user: string;
  readonly password: Secret;
  readonly derive: Derive;
  /** Answer an MD5 request. */
  readonly allowMd5: boolean;
}

/** What the server said, in the order in which the application is to hear it. */
export interface Greeting {
  readonly bytes: Buffer;
  /** The content of BackendKeyData: 4 to 260 bytes; undefined when the server sent none. */
  readonly key: Buffer | undefined;
}

/** Authentication requests by number (AuthenticationOk is 0). */
const requests = { ok: 0, cleartext: 3, md5: 5, sasl: 10, saslContinue: 11, saslFinal: 12 } as const;

/**
 * Sends the start-up packet, proves who we are, and reads on to ReadyForQuery. Rejects with a Refusal: the server's, with its own packet, or ours when
 * it asks for what we do not do.
 */
export async function logInAt(socket: TLSSocket, login: ServerLogin): Promise<Greeting> {
  const parameters = new Map([...login.startup.parameters, ["user", Buffer.from(login.user)]]);
  socket.write(startupPacket({ ...login.startup, parameters }));
  const early = await authenticate(socket, login);
  const late: Buffer[] = [];
  let key: Buffer | undefined;
  for (;;) {
    const next = await readMessage(socket);
    if (next.type === "E") throw refusedBy(next);
    if (next.type === "K") key = next.body;
    late.push(next.raw);
    if (next.type === "Z") return { bytes: Buffer.concat([...early, ...late]), key };
  }
}

/**
 * Answers what the server asks until it is content. Gives what the application is to hear first: NegotiateProtocolVersion, AuthenticationOk, then notices,
 * as clients take none before it (libpq: "expected authentication request from server, but received N").
 */
async function authenticate(socket: TLSSocket, login: ServerLogin): Promise<readonly Buffer[]> {
  const versions: Buffer[] = [];
  const notices: Buffer[] = [];
  for (;;) {
    const next = await readMessage(socket);
    if (next.type === "v") versions.push(next.raw);
    else if (next.type === "N") notices.push(next.raw);
    else if (requestOf(next) === requests.ok) return [...versions, next.raw, ...notices];
    else await answer(socket, next, login);
  }
}

async function answer(socket: TLSSocket, asked: Message, login: ServerLogin): Promise<void> {
  const request = requestOf(asked);
  if (request === requests.cleartext) socket.write(message("p", cstring(login.password.reveal())));
  else if (request === requests.sasl) await exchange(socket, asked, login);
  else if (request === requests.md5 && login.allowMd5) socket.write(message("p", cstring(md5Of(asked, login))));
  else throw new Refusal(unsupported(request));
}

function unsupported(request: number): { sqlstate: string; message: string; hint?: string } {
  const text = `the server asks for an authentication that rotate does not give (${request})`;
  if (request !== requests.md5) return { sqlstate: "28000", message: text };
  const hint = "Let the server ask for scram-sha-256, or set allowMd5.";
  return { sqlstate: "28000", message: "the server asks for an MD5 password", hint };
}

async function exchange(socket: TLSSocket, asked: Message, { password, derive }: ServerLogin): Promise<void> {
  const offered = asked.body
    .toString("latin1", 4)
    .split("\0")
    .filter((name) => name !== "");
  const certificate: unknown = socket.getPeerCertificate().raw;
  const binding = Buffer.isBuffer(certificate) ? serverEndPoint(certificate) : undefined;
  const ours = beginExchange({ password, derive, binding, offered });
  const first = Buffer.from(ours.first);
  socket.write(message("p", cstring(ours.mechanism), int32(first.length), first));
  const challenge = await saslText(socket, requests.saslContinue);
  socket.write(message("p", Buffer.from(await ours.proof(challenge))));
  ours.check(await saslText(socket, requests.saslFinal));
}

async function saslText(socket: TLSSocket, expected: number): Promise<string> {
  const next = await readMessage(socket);
  if (requestOf(next) !== expected) throw unexpected(next);
  return next.body.toString("utf8", 4);
}

/** The number of an authentication request. Throws a Refusal for anything else. */
function requestOf(next: Message): number {
  if (next.type === "E") throw refusedBy(next);
  if (next.type !== "R" || next.body.length < 4) throw unexpected(next);
  return next.body.readInt32BE(0);
}

function refusedBy({ body, raw }: Message): Refusal {
  return new Refusal(failureOf(body), raw);
}

function unexpected({ type }: Message): Refusal {
  const name = /^[A-Za-z]$/.test(type) ? type : "?";
  return new Refusal({ sqlstate: "08P01", message: `the server sent a message ${name} where none is due in a login` });
}

/** postgresql.org/docs/18/protocol-flow.html, AuthenticationMD5Password. */
function md5Of({ body }: Message, { user, password }: ServerLogin): string {
  const inner = createHash("md5").update(`${password.reveal()}${user}`).digest("hex");
  return `md5${createHash("md5").update(inner).update(body.subarray(4, 8)).digest("hex")}`;
}
