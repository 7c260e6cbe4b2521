import { readFile } from "node:fs/promises";
import type { ConnectionOptions } from "node:tls";
import { RotateError } from "@rotate/plugin-kit";

/** How the connection is encrypted. */
export interface EncryptionOptions {
  readonly tls: "verify-full" | "require" | "disable";
  /** A file of PEM certificates. */
  readonly ca?: string;
}

/**
 * The TLS options of a mode; false for none. The names are libpq's (postgresql.org/docs/18/libpq-ssl.html).
 * Throws INVALID when `ca` would go unused, NOT_FOUND or DENIED when it cannot be read.
 */
export async function encryption({ tls, ca }: EncryptionOptions): Promise<ConnectionOptions | false> {
  if (tls === "verify-full") return { rejectUnauthorized: true, ...(ca !== undefined && { ca: await readCa(ca) }) };
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

async function readCa(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  const hint = "give a file of certificates that begin with -----BEGIN CERTIFICATE-----";
  throw new RotateError(`${path} holds no PEM certificate`, { code: "INVALID", retryable: false, hint });
}

function unreadable(path: string, cause: unknown): RotateError {
  const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
  const hint = missing ? "correct the path in ca" : "make it readable for the user that rotate runs as";
  const code = missing ? "NOT_FOUND" : "DENIED";
  return new RotateError(`the certificates in ${path} cannot be read`, { code, retryable: false, hint, cause });
}
