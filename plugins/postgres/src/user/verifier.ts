import type { Secret } from "@rotate/plugin-kit";
import { makeVerifier } from "../sidecar/scram-server.ts";

/**
 * What PostgreSQL stores of a password (RFC 5803, postgresql.org/docs/18/catalog-pg-authid.html): enough to check it, too little to log in with.
 * Some 3 ms.
 */
export async function scramVerifier(password: Secret, salt?: Buffer): Promise<string> {
  const made = await makeVerifier(password, salt);
  const [stored, server] = [made.storedKey, made.serverKey].map((key) => key.toString("base64"));
  return `SCRAM-SHA-256$${made.iterations}:${made.salt.toString("base64")}$${stored}:${server}`;
}
