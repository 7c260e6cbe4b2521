import { constants, sign } from "node:crypto";
import type { JwtAlgorithm, SigningKey } from "./signing-key.ts";

/** What is signed. */
export interface JwtParts {
  readonly algorithm: JwtAlgorithm;
  /** Beside `alg` and `typ`. */
  readonly header?: Readonly<Record<string, string>>;
  /** Instants in seconds since 1970. What is undefined is left out. */
  readonly claims: Readonly<Record<string, unknown>>;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** A JWT in compact form (RFC 7515 §7.1). The key is one that `readSigningKey` gave for this algorithm. */
export function signJwt({ algorithm, header, claims }: JwtParts, key: SigningKey): string {
  const text = `${encode({ alg: algorithm, typ: "JWT", ...header })}.${encode(claims)}`;
  return `${text}.${signatureOf(Buffer.from(text), algorithm, key).toString("base64url")}`;
}

/** RFC 7518 §3: ES256 is the two numbers side by side, PS256 has a salt as long as its hash. */
function signatureOf(data: Buffer, algorithm: JwtAlgorithm, key: SigningKey): Buffer {
  switch (algorithm) {
    case "EdDSA":
      return sign(null, data, key);
    case "ES256":
      return sign("sha256", data, { key, dsaEncoding: "ieee-p1363" });
    case "RS256":
      return sign("sha256", data, { key, padding: constants.RSA_PKCS1_PADDING });
    case "PS256":
      return sign("sha256", data, {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      });
  }
}
