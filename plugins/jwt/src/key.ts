import { createHash, createPublicKey, generateKeyPair } from "node:crypto";
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
export function describeKey(key: SigningKey, algorithm: Algorithm, kid: string | undefined): NamedKey {
  const jwk = createPublicKey(key).export({ format: "jwk" });
  const name = kid ?? thumbprintOf(jwk);
  return { key, kid: name, jwks: JSON.stringify({ keys: [{ ...jwk, kid: name, alg: algorithm, use: "sig" }] }) };
}

/** What a public key is told by: RFC 7638 §3.2, RFC 8037 §2. */
const members: ReadonlySet<string> = new Set(["crv", "e", "kty", "n", "x", "y"]);

/** RFC 7638, by SHA-256. */
function thumbprintOf(jwk: object): string {
  const told = Object.entries(jwk)
    .filter(([name]) => members.has(name))
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify(Object.fromEntries(told)))
    .digest("base64url");
}
