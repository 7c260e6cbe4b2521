/** The application's own login: a password that has nothing to do with the credential. */
import type { Socket } from "node:net";
import type { Secret } from "@rotate/plugin-kit";
import { readMessage } from "./read.ts";
import { beginExamination, offer, type Verifier } from "./scram-server.ts";
import { cstring, type Failure, int32, message, Refusal, type Startup } from "./wire.ts";

/** Who may come in. */
export interface LocalLogin {
  readonly user: string;
  readonly password: Secret;
}

/** Against what a login is held. */
export interface Examined {
  readonly login: LocalLogin;
  /** Of the login's password. */
  readonly verifier: Verifier;
}

/** Authentication requests by number. */
const requests = { sasl: 10, saslContinue: 11, saslFinal: 12 } as const;

/** Asks for the password by SCRAM-SHA-256. Rejects with a Refusal. An unknown name takes the same steps and hears the same words. */
export async function examine(socket: Socket, startup: Startup, { login, verifier }: Examined): Promise<void> {
  const ours = beginExamination(verifier);
  socket.write(message("R", int32(requests.sasl), cstring(offer), Buffer.from([0])));
  const challenge = ours.challenge(readInitial((await response(socket)).body));
  socket.write(message("R", int32(requests.saslContinue), Buffer.from(challenge)));
  const proof = ours.judge((await response(socket)).body.toString("utf8"));
  const name = startup.parameters.get("user")?.toString("utf8") ?? "";
  if (proof === undefined || name !== login.user) throw new Refusal(wrongPassword(name));
  socket.write(message("R", int32(requests.saslFinal), Buffer.from(proof)));
}

async function response(socket: Socket): Promise<{ readonly body: Buffer }> {
  const next = await readMessage(socket);
  if (next.type !== "p") throw new Refusal({ sqlstate: "08P01", message: "expected SASL response" });
  return next;
}

/** SASLInitialResponse: the mechanism, the size of its data, the data. */
function readInitial(body: Buffer): string {
  const end = body.indexOf(0);
  if (body.toString("latin1", 0, Math.max(end, 0)) !== offer || body.length < end + 5)
    throw new Refusal({ sqlstate: "28000", message: "client selected an invalid SASL authentication mechanism" });
  const size = body.readInt32BE(end + 1);
  if (size !== body.length - end - 5) throw new Refusal({ sqlstate: "08P01", message: "malformed SASL response" });
  return body.toString("utf8", end + 5);
}

function wrongPassword(name: string): Failure {
  return { sqlstate: "28P01", message: `password authentication failed for user "${name}"`, word: "wrong-password" };
}
