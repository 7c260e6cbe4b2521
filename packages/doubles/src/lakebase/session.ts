/** One connection, from its first byte to its last. */
import { once } from "node:events";
import type { Socket } from "node:net";
import type { SecureContext, TLSSocket } from "node:tls";
import { dial, passThrough, refusalOf } from "./backend.ts";
import { claimedId, judge } from "./judge.ts";
import type { Ledger } from "./ledger.ts";
import { open, type Opening } from "./opening.ts";
import type { LakebaseGatewayOptions, LoginRecord, SessionRecord } from "./types.ts";
import { askCleartextPassword, fatal, readPassword, type Refusal } from "./wire.ts";

/** What every connection of a gateway shares. */
export interface Gate extends LakebaseGatewayOptions {
  readonly now: () => number;
  readonly hosts: readonly [string, ...string[]];
  readonly secureContext: SecureContext;
  readonly ledger: Ledger;
}

type Session = Extract<Opening, { readonly kind: "session" }>;
type Admission = Pick<LoginRecord, "jti"> & ({ readonly door: "trusted" | "native" } | { readonly refusal: Refusal });

/** Serves a connection until it is closed. Rejects when the client leaves early or does not speak the protocol. */
export async function serve(socket: Socket, gate: Gate): Promise<void> {
  const opening = await open(socket, gate.secureContext);
  if (opening.kind === "cancel") return cancel(socket, opening.packet, gate);
  const admission = await admit(opening, gate);
  if (admission === undefined) return;
  if ("refusal" in admission) return refuse(opening, gate, admission);
  await relay(opening, gate, admission);
}

/** A CancelRequest is answered by closing the connection, whatever came of it. */
async function cancel(socket: Socket, packet: Buffer, { postgres }: Gate): Promise<void> {
  const backend = await dial(postgres, "trusted", packet);
  await once(backend.resume(), "close");
  socket.end();
}

/** undefined: a fault took the connection away. */
async function admit({ stream, startup }: Session, gate: Gate): Promise<Admission | undefined> {
  const { ledger } = gate;
  const name = serverName(stream);
  const pooled = gate.pooledHosts?.includes(name) === true;
  if (!pooled && !gate.hosts.includes(name)) return { jti: undefined, refusal: unknownHost(name) };
  if (pooled || ledger.nativeRoles.has(startup.user)) return { jti: undefined, door: "native" };
  stream.write(askCleartextPassword);
  const password = await readPassword(stream);
  const fault = ledger.faults.shift();
  if (fault === "hang") return void (await once(stream, "close"));
  if (fault === "drop") return void stream.destroy();
  const circumstances = { ...gate, now: gate.now(), propagation: gate.propagation ?? 0, roles: ledger.roles };
  const refusal = fault ?? (await judge(startup, password, circumstances)) ?? ledger.asleep();
  const jti = claimedId(password);
  return refusal === undefined ? { jti, door: "trusted" } : { jti, refusal };
}

function serverName(stream: TLSSocket): string {
  return "servername" in stream && typeof stream.servername === "string" ? stream.servername : "";
}

function unknownHost(name: string): Refusal {
  const message = name === "" ? "no server name was sent (SNI)" : `no endpoint has the host name "${name}"`;
  return { code: "08004", message };
}

function refuse(session: Session, gate: Gate, { jti, refusal }: { jti: string | undefined; refusal: Refusal }): void {
  gate.ledger.logins.push({ ...describe(session, gate, jti), outcome: "refused", refusal });
  session.stream.end(fatal(refusal));
}

async function relay(session: Session, gate: Gate, { jti, door }: Extract<Admission, { door: string }>): Promise<void> {
  const { stream, packet } = session;
  const backend = await dial(gate.postgres, door, packet);
  const record = describe(session, gate, jti);
  const refusal = door === "native" ? undefined : await refusalOf(backend);
  const accepted = door === "native" ? "native" : "accepted";
  gate.ledger.logins.push(
    refusal === undefined ? { ...record, outcome: accepted } : { ...record, outcome: "refused", refusal },
  );
  gate.ledger.sessions.set(stream, record);
  stream.once("close", () => gate.ledger.sessions.delete(stream));
  endInTime(stream, gate);
  await passThrough(stream, backend);
}

function describe({ startup }: Session, { now, ledger }: Gate, jti: string | undefined): SessionRecord {
  const { user, database, parameters } = startup;
  const application = parameters.get("application_name");
  return { at: now(), user, database, application, jti, generation: ledger.generationOf(jti) };
}

function endInTime(stream: TLSSocket, { idleLimit, lifeLimit }: Gate): void {
  if (idleLimit !== undefined) stream.setTimeout(idleLimit, () => stream.destroy());
  if (lifeLimit === undefined) return;
  const timer = setTimeout(() => stream.destroy(), lifeLimit);
  stream.once("close", () => clearTimeout(timer));
}
