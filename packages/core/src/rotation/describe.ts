import type { CredentialReport } from "../report.ts";
import { shortFingerprint } from "../store/fingerprint.ts";
import type { LeaseState } from "../store/state.ts";

/** A lease as reports show it: never a value. */
export function credentialReport(lease: LeaseState): CredentialReport {
  return {
    fingerprint: shortFingerprint(lease.fingerprint),
    issuedAt: new Date(lease.issuedAt).toISOString(),
    ...(lease.expiresAt !== null && { expiresAt: new Date(lease.expiresAt).toISOString() }),
  };
}

/** RFC 3339; "never" for an instant that does not come. */
export function instant(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : "never";
}
