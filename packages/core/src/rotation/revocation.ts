import type { FieldValues, Fields } from "@rotate/plugin-kit";
import type { ProviderEntry } from "../loading/model.ts";
import type { LeaseState } from "../store/state.ts";
import { callProvider, timeLimits } from "./invoke.ts";
import { asLease } from "./lease.ts";
import type { RotationDeps } from "./session.ts";

type Revocable = Pick<LeaseState, "id" | "issuedAt" | "expiresAt" | "handle">;

/** Can it be revoked with what is at hand? From the handle at any time, by value only while somebody has it. */
export function canRevokeWith({ part }: Pick<ProviderEntry, "part">, fields: FieldValues<Fields> | undefined): boolean {
  return part.revoke !== undefined || (part.revokeValue !== undefined && fields !== undefined);
}

/** Asks the issuer to kill a lease: the one place where that is done. Throws what the plugin throws. */
export async function revokeLease(
  { deps, provider }: { readonly deps: RotationDeps; readonly provider: ProviderEntry },
  lease: Revocable,
  fields: FieldValues<Fields> | undefined,
): Promise<void> {
  const { part } = provider;
  await callProvider({ deps, provider }, { timeout: timeLimits.revoke }, async (ctx) => {
    if (part.revoke) return part.revoke(asLease(lease, deps.clock), ctx);
    if (fields !== undefined) await part.revokeValue?.(fields, ctx);
  });
}
