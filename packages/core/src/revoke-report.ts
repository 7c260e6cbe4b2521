import type { ErrorReport } from "./report.ts";

/** What became of each lease. */
export interface RevokeReport {
  readonly version: 1;
  readonly name: string;
  readonly leases: readonly RevokedLease[];
}

/** What became of one lease. `expires only`: its provider cannot revoke it, or not any more; it lives until `expiresAt` (RFC 3339). */
export interface RevokedLease {
  readonly id: string;
  readonly result: "revoked" | "failed" | "expires only";
  readonly expiresAt?: string;
  readonly error?: ErrorReport;
}
