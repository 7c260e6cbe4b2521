import { createPrivateKey, type KeyObject } from "node:crypto";
import { invalid, type RotateError } from "../errors.ts";
import type { Secret } from "../secret.ts";

/** How a JWT is signed (RFC 7518 §3.1, RFC 8037 §3.1; EdDSA is with Ed25519). */
export type JwtAlgorithm = "ES256" | "RS256" | "PS256" | "EdDSA";

/** A private key that signs. Prints as nothing. */
export type SigningKey = KeyObject;

/** RFC 7518 §3.3: a key of 2048 bits or larger. */
const leastRsaBits = 2048;
const rsa = `an RSA key of ${leastRsaBits} bits or more`;
const needs: Readonly<Record<JwtAlgorithm, string>> = {
  ES256: "an EC key on P-256",
  RS256: rsa,
  PS256: rsa,
  EdDSA: "an Ed25519 key",
};

/**
 * The private key of an algorithm from its text: PEM (PKCS#8, SEC1 or PKCS#1) or a JWK (RFC 7517). Throws INVALID that says what the text is instead,
 * never quoting it.
 * @param what what the key is, for messages: "the private key"
 */
export function readSigningKey(text: Secret, algorithm: JwtAlgorithm, what: string): SigningKey {
  const key = tryKey(text.reveal());
  if (key === undefined) {
    throw invalid(
      `${what} ${faultOf(text.reveal())}`,
      "give the whole file of the private key, unencrypted, as it was made",
    );
  }
  if (fits(key, algorithm)) return key;
  throw unfit(algorithm, what);
}

function unfit(algorithm: JwtAlgorithm, what: string): RotateError {
  return invalid(
    `${what} does not fit ${algorithm}`,
    `give ${needs[algorithm]}, or set another algorithm where there is a choice`,
  );
}

function tryKey(text: string): KeyObject | undefined {
  try {
    return isJwk(text) ? createPrivateKey({ key: JSON.parse(text), format: "jwk" }) : createPrivateKey(text);
  } catch {
    // OpenSSL's reasons mean nothing to a reader, and the error of JSON.parse quotes the key: see faultOf.
    return undefined;
  }
}

function isJwk(text: string): boolean {
  return text.trimStart().startsWith("{");
}

function fits(key: KeyObject, algorithm: JwtAlgorithm): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (algorithm === "ES256") return type === "ec" && details?.namedCurve === "prime256v1";
  if (algorithm === "EdDSA") return type === "ed25519";
  return type === "rsa" && (details?.modulusLength ?? 0) >= leastRsaBits;
}

function faultOf(text: string): string {
  if (isJwk(text)) return "is a JSON text that holds no private key (JWK)";
  if (text.includes("ENCRYPTED")) return "is encrypted with a passphrase";
  if (text.includes("PUBLIC KEY") || text.includes("BEGIN CERTIFICATE")) return "is a public key or a certificate";
  if (!text.includes("-----BEGIN ")) return "is no PEM text";
  if (!/-----END [A-Z ]*PRIVATE KEY-----\s*$/.test(text)) return "is cut off: its last line is missing";
  if (!text.includes("\n")) return "is PEM without its line feeds";
  return "is damaged";
}
