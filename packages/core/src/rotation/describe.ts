import type { CredentialReport } from "../report.ts";
import type { RotationClock } from "../schedule/clock.ts";
import { shortFingerprint } from "../store/fingerprint.ts";
import type { LeaseState } from "../store/state.ts";

type Wall = Pick<RotationClock, "wallAt">;

/** A lease as reports show it: never a value. Its own end, whatever else is held. */
export function credentialReport(lease: LeaseState, { wallAt }: Wall): CredentialReport {
  return {
    fingerprint: shortFingerprint(lease.fingerprint),
    issuedAt: instant(wallAt(lease.issuedAt)),
    ...(lease.expiresAt !== null && { expiresAt: instant(wallAt(lease.expiresAt)) }),
  };
}

/** RFC 3339; the last one that it can tell for what lies beyond. @param ms since 1970, wall clock */
export function instant(ms: number): string {
  return new Date(Math.min(ms, latest)).toISOString();
}
const latest = 8_640_000_000_000_000;

/** `{ [key]: instant }` of an instant of rotation time, or nothing for one that does not come. */
export function instantAt<K extends string>(key: K, ms: number, { wallAt }: Wall): { readonly [P in K]?: string } {
  if (!Number.isFinite(ms) || ms <= 0) return {};
  return { [key]: instant(wallAt(ms)) } as { readonly [P in K]?: string };
}
