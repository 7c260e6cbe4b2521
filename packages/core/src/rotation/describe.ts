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

/** RFC 3339. */
export function instant(ms: number): string {
  return new Date(ms).toISOString();
}

/** `{ [key]: instant }`, or nothing for an instant that does not come. */
export function instantAt<K extends string>(key: K, ms: number): { readonly [P in K]?: string } {
  if (!Number.isFinite(ms) || ms <= 0) return {};
  return { [key]: instant(ms) } as { readonly [P in K]?: string };
}
