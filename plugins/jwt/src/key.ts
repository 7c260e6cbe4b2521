import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { RotateError } from "@rotate/plugin-kit";

/** The signature algorithms (RFC 7518 §3.1, RFC 8037 §3.1; EdDSA is with Ed25519). */
export const algorithms = ["ES256", "RS256", "EdDSA"] as const;
export type Algorithm = (typeof algorithms)[number];

/** RFC 7518 §3.3: a key of 2048 bits or larger. */
const leastRsaBits = 2048;
const newRsaBits = 3072;

const generate = promisify(generateKeyPair);
const encodings = {
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
} as const;

/** A new private key, PKCS#8 PEM. */
export async function generateKey(algorithm: Algorithm): Promise<string> {
  if (algorithm === "ES256") return (await generate("ec", { namedCurve: "P-256", ...encodings })).privateKey;
  if (algorithm === "EdDSA") return (await generate("ed25519", encodings)).privateKey;
  return (await generate("rsa", { modulusLength: newRsaBits, ...encodings })).privateKey;
}

function invalid(message: string, hint: string): RotateError {
  return new RotateError(message, { code: "INVALID", retryable: false, hint });
}

function decode(text: string): KeyObject {
  const isJwk = text.trimStart().startsWith("{");
  return isJwk ? createPrivateKey({ key: JSON.parse(text), format: "jwk" }) : createPrivateKey(text);
}

function tryDecode(text: string): KeyObject | undefined {
  try {
    return decode(text);
  } catch {
    // The error of JSON.parse quotes the text, which is the key.
    return undefined;
  }
}

function fits(key: KeyObject, algorithm: Algorithm): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (algorithm === "ES256") return type === "ec" && details?.namedCurve === "prime256v1";
  if (algorithm === "EdDSA") return type === "ed25519";
  return type === "rsa" && (details?.modulusLength ?? 0) >= leastRsaBits;
}

const needs: Readonly<Record<Algorithm, string>> = {
  ES256: "an EC key on P-256",
  RS256: `an RSA key of ${leastRsaBits} bits or more`,
  EdDSA: "an Ed25519 key",
};

/** Reads a private key: PEM (PKCS#8, SEC1 or PKCS#1) or a JWK (RFC 7517). Throws INVALID, never quoting it, when it is none, or not one for the algorithm. */
export function parseKey(text: string, algorithm: Algorithm): KeyObject {
  const key = tryDecode(text);
  if (key === undefined) {
    throw invalid("the signing key cannot be read", "it must be an unencrypted private key, PEM or JWK");
  }
  if (fits(key, algorithm)) return key;
  throw invalid(
    `the signing key does not fit ${algorithm}`,
    `${algorithm} needs ${needs[algorithm]}: set \`algorithm\`, or give another key`,
  );
}

/** A signing key with the name that tokens and the key set call it by. */
export interface SigningKey {
  readonly key: KeyObject;
  readonly kid: string;
  /** The public half as a key set (RFC 7517 §5), one line. Not secret. */
  readonly jwks: string;
}

/** Names the key: by `kid`, else by its thumbprint (RFC 7638). */
export async function describeKey(key: KeyObject, algorithm: Algorithm, kid: string | undefined): Promise<SigningKey> {
  const { calculateJwkThumbprint, exportJWK } = await import("jose");
  const jwk = await exportJWK(createPublicKey(key));
  const name = kid ?? (await calculateJwkThumbprint(jwk));
  return { key, kid: name, jwks: JSON.stringify({ keys: [{ ...jwk, kid: name, alg: algorithm, use: "sig" }] }) };
}
