import { constants, createPrivateKey, type KeyObject, sign } from "node:crypto";
import { RotateError } from "../errors.ts";
import type { Secret } from "../secret.ts";

/** A private RSA key. Prints as nothing. */
export type RsaKey = KeyObject;

/** What is signed. */
export interface JwtParts {
  readonly algorithm: "RS256" | "PS256";
  /** Beside `alg` and `typ`. */
  readonly header?: Readonly<Record<string, string>>;
  /** Instants in seconds since 1970. */
  readonly claims: Readonly<Record<string, string | number>>;
}

/**
 * A private RSA key from its PEM text (PKCS#1 or PKCS#8). Throws INVALID that says what the text is instead, never quoting it.
 * @param what what the key is, for messages: "the private key"
 */
export function readRsaKey(pem: Secret, what: string): RsaKey {
  const text = pem.reveal();
  const key = tryKey(text);
  if (key === undefined) throw invalid(`${what} ${faultOf(text)}`, "give the whole PEM file, as it was downloaded");
  if (key.asymmetricKeyType === "rsa") return key;
  throw invalid(`${what} is no RSA key but ${key.asymmetricKeyType ?? "another"}`, "only RSA keys are taken here");
}

function tryKey(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text);
  } catch {
    // OpenSSL's reasons mean nothing to a reader: see faultOf.
    return undefined;
  }
}

function faultOf(text: string): string {
  if (text.includes("ENCRYPTED")) return "is encrypted with a passphrase";
  if (text.includes("PUBLIC KEY") || text.includes("BEGIN CERTIFICATE")) return "is a public key or a certificate";
  if (!text.includes("-----BEGIN ")) return "is no PEM text";
  if (!/-----END [A-Z ]*PRIVATE KEY-----\s*$/.test(text)) return "is cut off: its last line is missing";
  if (!text.includes("\n")) return "is PEM without its line feeds";
  return "is damaged";
}

function invalid(message: string, hint: string): RotateError {
  return new RotateError(message, { code: "INVALID", retryable: false, hint });
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** A JWT in compact form (RFC 7515 §7.1). PS256 has a salt as long as its hash (RFC 7518 §3.5). */
export function signJwt({ algorithm, header, claims }: JwtParts, key: RsaKey): string {
  const text = `${encode({ alg: algorithm, typ: "JWT", ...header })}.${encode(claims)}`;
  const padding =
    algorithm === "PS256"
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : { padding: constants.RSA_PKCS1_PADDING };
  return `${text}.${sign("sha256", Buffer.from(text), { key, ...padding }).toString("base64url")}`;
}
