/** A Lakebase-like data plane in front of a real PostgreSQL: TLS only, a JWT as cleartext password, checked at login and never again. */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { createSecureContext } from "node:tls";
import { listen } from "../listen.ts";
import { createCertificateAuthority } from "../tls/index.ts";
import { createLedger } from "./ledger.ts";
import { serve, type Gate } from "./session.ts";
import type { GatewayRole, LakebaseGateway, LakebaseGatewayOptions } from "./types.ts";

/** Starts a gateway on a free port of 127.0.0.1. */
export async function createLakebaseGateway(options: LakebaseGatewayOptions): Promise<LakebaseGateway> {
  const { now = Date.now, hosts = ["localhost"], authority = createCertificateAuthority("lakebase double") } = options;
  const secureContext = createSecureContext(authority.issue({ hosts: [...hosts, ...(options.pooledHosts ?? [])] }));
  const ledger = createLedger(now);
  const gate: Gate = { ...options, now, hosts, secureContext, ledger };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => accept(socket, gate, sockets));
  const port = await listen(server);

  return {
    host: hosts[0],
    port,
    ca: authority.ca,
    logins: ledger.logins,
    troubles: ledger.troubles,
    sessions: () => [...ledger.sessions.values()],
    createRole: (identity, role = {}) => createRole(identity, role, gate),
    failNext: (...faults) => void ledger.faults.push(...faults),
    suspend: ledger.suspend,
    cutSessions: () => ledger.sessions.forEach((_, stream) => stream.destroy()),
    async close() {
      for (const socket of sockets) socket.destroy();
      await once(server.close(), "close");
    },
  };
}

function accept(socket: Socket, gate: Gate, sockets: Set<Socket>): void {
  sockets.add(socket);
  socket.once("close", () => sockets.delete(socket));
  socket.on("error", () => socket.destroy());
  serve(socket, gate).catch((error: unknown) => {
    gate.ledger.troubles.push(error);
    socket.destroySoon();
  });
}

async function createRole(identity: string, { password }: GatewayRole, gate: Gate): Promise<void> {
  try {
    await gate.postgres.createRole(identity, password === undefined ? {} : { password });
  } catch (error) {
    if (password !== undefined || !isDuplicate(error)) throw error;
  }
  if (password !== undefined) gate.ledger.nativeRoles.add(identity);
  gate.ledger.roles.set(identity, gate.now());
}

/** Another gateway on the same PostgreSQL may have made the role (SQLSTATE duplicate_object). */
function isDuplicate(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "42710";
}
