import type { Lease } from "@rotate/plugin-kit";
import type { RotationClock } from "../schedule/clock.ts";
import type { LeaseState } from "../store/state.ts";

/** A lease as `renew` and `revoke` are told of it. */
export function asLease(
  { id, issuedAt, expiresAt, handle }: Pick<LeaseState, "id" | "issuedAt" | "expiresAt" | "handle">,
  { wallAt }: Pick<RotationClock, "wallAt">,
): Lease {
  return {
    id,
    issuedAt: new Date(wallAt(issuedAt)),
    expiresAt: expiresAt === null ? "never" : new Date(wallAt(expiresAt)),
    handle,
  };
}
