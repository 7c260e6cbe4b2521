import type { KeyObject } from "node:crypto";
import { decodeJwt, errors, jwtVerify, type JWTPayload } from "jose";

/** The claims of an assertion, unchecked; undefined when it is no JWT. */
export function claimsIn(assertion: string): JWTPayload | undefined {
  try {
    return decodeJwt(assertion);
  } catch {
    return undefined;
  }
}

/** Is it signed by this key, with RS256? Only that: issuers refuse wrong times with messages of their own. */
export async function isSignedBy(assertion: string, key: KeyObject): Promise<boolean> {
  try {
    await jwtVerify(assertion, key, { algorithms: ["RS256"], currentDate: new Date(0) });
    return true;
  } catch (error) {
    return error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired;
  }
}
