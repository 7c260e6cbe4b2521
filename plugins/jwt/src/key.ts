import { createPublicKey, generateKeyPair } from "node:crypto";
import type { SigningKey } from "@rotate/plugin-kit/tokens";

/** The signature algorithms (RFC 7518 §3.1, RFC 8037 §3.1; EdDSA is with Ed25519). */
export const algorithms = ["ES256", "RS256", "EdDSA"] as const;

/** The option `algorithm`. */
export type Algorithm = (typeof algorithms)[number];

const newRsaBits = 3072;

const encodings = {
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
} as const;

/** A new private key, PKCS#8 PEM. */
export async function generateKey(algorithm: Algorithm): Promise<string> {
  return new Promise((resolve, reject) => {
    function done(error: Error | null, _: string, privateKey: string): void {
      if (error) reject(error);
      else resolve(privateKey);
    }
    if (algorithm === "ES256") generateKeyPair("ec", { namedCurve: "P-256", ...encodings }, done);
    else if (algorithm === "EdDSA") generateKeyPair("ed25519", encodings, done);
    else generateKeyPair("rsa", { modulusLength: newRsaBits, ...encodings }, done);
  });
}

/** A signing key with the name that tokens and the key set call it by. */
export interface NamedKey {
  readonly key: SigningKey;
  readonly kid: string;
  /** The public half as a key set (RFC 7517 §5), one line. Not secret. */
  readonly jwks: string;
}

/** Names the key: by `kid`, else by its thumbprint (RFC 7638). */
export async function describeKey(key: SigningKey, algorithm: Algorithm, kid: string | undefined): Promise<NamedKey> {
  const { calculateJwkThumbprint, exportJWK } = await import("jose");
  const jwk = await exportJWK(createPublicKey(key));
  const name = kid ?? (await calculateJwkThumbprint(jwk));
  return { key, kid: name, jwks: JSON.stringify({ keys: [{ ...jwk, kid: name, alg: algorithm, use: "sig" }] }) };
}
