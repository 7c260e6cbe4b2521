import type { ConnectionOptions } from "node:tls";
import type { Context } from "../context.ts";
import { RotateError } from "../errors.ts";

/** The options of an encrypted connection, for the schema of whatever speaks to a database. */
export const encryptionOptions = {
  tls: {
    enum: ["verify-full", "require", "disable"],
    default: "verify-full",
    description: "`require` encrypts without checking who answers; `disable` never sends a password in clear",
  },
  ca: { type: "string", format: "path", description: "Authorities to trust instead of the system's, PEM" },
} as const;

/** How the connection is encrypted. */
export interface EncryptionOptions {
  readonly tls: "verify-full" | "require" | "disable";
  /** A file of PEM certificates. */
  readonly ca?: string;
}

/**
 * The TLS options of a mode; false for none. The names are libpq's (postgresql.org/docs/18/libpq-ssl.html).
 * Throws INVALID when `ca` would go unused, what `ctx.readFile` throws when it cannot be read.
 */
export async function encryption(
  { tls, ca }: EncryptionOptions,
  ctx: Pick<Context, "readFile">,
): Promise<ConnectionOptions | false> {
  if (tls === "verify-full")
    return { rejectUnauthorized: true, ...(ca !== undefined && { ca: await readCa(ca, ctx) }) };
  if (ca !== undefined) {
    const hint = "set tls: verify-full, or take ca out";
    throw new RotateError(`tls: ${tls} checks no certificate, so ca is not used`, {
      code: "INVALID",
      retryable: false,
      hint,
    });
  }
  return tls === "require" ? { rejectUnauthorized: false } : false;
}

async function readCa(path: string, { readFile }: Pick<Context, "readFile">): Promise<string> {
  const text = await readFile(path, { what: "certificate file", hint: "correct the path in ca" });
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  const hint = "give a file of certificates that begin with -----BEGIN CERTIFICATE-----";
  throw new RotateError(`${path} holds no PEM certificate`, { code: "INVALID", retryable: false, hint });
}
