import { constants, createPrivateKey, randomUUID, sign, type KeyObject } from "node:crypto";
import { RotateError, type Secret } from "@rotate/plugin-kit";

export interface Assertion {
  readonly clientId: string;
  readonly audience: string;
  readonly algorithm: "ES256" | "RS256" | "PS256" | "EdDSA";
  readonly keyId: string | undefined;
}

/** Seconds that an assertion lives: enough for its one use, and for clocks a little apart. */
const life = 60;

/** The JWT by which a client proves itself (RFC 7523 §3). `now` in ms since 1970. Throws INVALID when the key cannot sign so. */
export function signAssertion({ clientId, audience, algorithm, keyId }: Assertion, key: Secret, now: number): string {
  const seconds = Math.floor(now / 1000);
  const header = { alg: algorithm, typ: "JWT", ...(keyId !== undefined && { kid: keyId }) };
  const claims = { iss: clientId, sub: clientId, aud: audience, jti: randomUUID(), iat: seconds, exp: seconds + life };
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${signature(text, readKey(key, algorithm), algorithm)}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

const keyTypes = { ES256: "ec", RS256: "rsa", PS256: "rsa", EdDSA: "ed25519" } as const;

function readKey(secret: Secret, algorithm: Assertion["algorithm"]): KeyObject {
  const key = tryKey(secret.reveal());
  if (key === undefined)
    throw invalid("the client's key cannot be read", "it must be an unencrypted private key, PEM or JWK");
  const fits =
    key.asymmetricKeyType === keyTypes[algorithm] &&
    (algorithm !== "ES256" || key.asymmetricKeyDetails?.namedCurve === "prime256v1");
  if (fits) return key;
  throw invalid(`the client's key does not fit ${algorithm}`, "set `algorithm`, or give another key");
}

function tryKey(text: string): KeyObject | undefined {
  try {
    if (!text.trimStart().startsWith("{")) return createPrivateKey(text);
    return createPrivateKey({ key: JSON.parse(text), format: "jwk" });
  } catch {
    // The parsers' errors may quote the text, which is the key.
    return undefined;
  }
}

function invalid(message: string, hint: string): RotateError {
  return new RotateError(message, { code: "INVALID", retryable: false, hint });
}

/** RFC 7518 §3: ES256 is the two numbers side by side, PS256 has a salt as long as its hash. */
function signature(text: string, key: KeyObject, algorithm: Assertion["algorithm"]): string {
  const data = Buffer.from(text);
  if (algorithm === "EdDSA") return sign(null, data, key).toString("base64url");
  if (algorithm === "ES256") return sign("sha256", data, { key, dsaEncoding: "ieee-p1363" }).toString("base64url");
  if (algorithm === "RS256") return sign("sha256", data, key).toString("base64url");
  return sign("sha256", data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }).toString("base64url");
}
