import { createHmac } from "node:crypto";

/** Tells whether two values are the same without keeping either: HMAC-SHA256 under a key of this state, 32 hex digits. */
export type Fingerprint = (text: string) => string;

/** The fingerprint under a given key. */
export function fingerprintWith(key: Buffer): Fingerprint {
  return (text) => createHmac("sha256", key).update(text).digest("hex").slice(0, 32);
}

/** What people are shown of a fingerprint. */
export function shortFingerprint(fingerprint: string): string {
  return fingerprint.slice(0, 12);
}
