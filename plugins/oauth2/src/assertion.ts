import { randomUUID } from "node:crypto";
import type { Secret } from "@rotate/plugin-kit";
import { type JwtAlgorithm, readSigningKey, signJwt } from "@rotate/plugin-kit/tokens";

/** What a client assertion (RFC 7523) says of its client, and by which key it is signed. */
export interface Assertion {
  readonly clientId: string;
  readonly audience: string;
  readonly algorithm: JwtAlgorithm;
  readonly keyId: string | undefined;
}

/** Seconds that an assertion lives: enough for its one use, and for clocks a little apart. */
const life = 60;

/** The JWT by which a client proves itself (RFC 7523 §3). `now` in ms since 1970. Throws INVALID when the key cannot sign so. */
export function signAssertion({ clientId, audience, algorithm, keyId }: Assertion, key: Secret, now: number): string {
  const seconds = Math.floor(now / 1000);
  const header = keyId === undefined ? {} : { kid: keyId };
  const claims = { iss: clientId, sub: clientId, aud: audience, jti: randomUUID(), iat: seconds, exp: seconds + life };
  return signJwt({ algorithm, header, claims }, readSigningKey(key, algorithm, "the client's key"));
}
