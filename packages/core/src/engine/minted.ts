import type { FieldValues, Fields } from "@rotate/plugin-kit";
import type { CredentialMemory } from "../rotation/session.ts";
import type { LeaseId } from "../store/state.ts";

/** Nothing was minted yet. */
export function createMemory(): CredentialMemory {
  const values = new Map<LeaseId, FieldValues<Fields>>();
  const leasesOf = new Map<string, Set<LeaseId>>();
  return {
    get: (lease) => values.get(lease),
    keep(lease, fields, rotation) {
      values.set(lease, fields);
      leasesOf.set(rotation, (leasesOf.get(rotation) ?? new Set()).add(lease));
    },
    keepOnly(leases, rotation) {
      const known = leasesOf.get(rotation);
      for (const lease of known ?? []) {
        if (leases.has(lease)) continue;
        values.delete(lease);
        known?.delete(lease);
      }
      if (known?.size === 0) leasesOf.delete(rotation);
    },
  };
}
