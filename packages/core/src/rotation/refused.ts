import { isDeepStrictEqual } from "node:util";
import type { Minted } from "@rotate/plugin-kit";
import { liveLeases, type LeaseState } from "../store/state.ts";
import { credentialFingerprint } from "./accept.ts";
import { innerError } from "./errors.ts";
import { canRevokeWith, revokeLease } from "./revocation.ts";
import type { Session } from "./session.ts";

/**
 * Gives the lease of an answer that was refused back, where its handle allows it. True when no lease of it lives. An issuer may answer with what it gave before:
 * then it is in use, and nothing is revoked.
 */
export async function giveBackRefused(session: Session, lease: LeaseState, minted: Minted): Promise<boolean> {
  if (knownLease(session, minted) !== undefined) return true;
  if (!sinksAreExplained(session)) return false;
  return revokeRefused(session, lease, minted);
}

/** The live lease whose values or handle these are. */
export function knownLease({ state, deps }: Session, { fields, handle }: Minted): LeaseState | undefined {
  // A plugin in plain JavaScript may have left them out: then only the handle tells.
  return liveLeases(state()).find(
    (lease) =>
      isSame(lease, fields ?? {}, deps) || (handle !== undefined && isDeepStrictEqual(lease.handle, asKept(handle))),
  );
}

/** Are these its values? */
export function isSame(
  { fingerprint: known }: Pick<LeaseState, "fingerprint">,
  fields: Minted["fields"],
  { fingerprint }: Pick<Session["deps"], "fingerprint">,
): boolean {
  // What was asked for and not answered yet has none.
  return known !== "" && credentialFingerprint(fields, fingerprint, known) === known;
}

/** A handle as it comes back from the state. */
function asKept(handle: unknown): unknown {
  return JSON.parse(JSON.stringify(handle));
}

/** Is it known of every sink which of our leases it may hold? Not after the state was lost: then a sink may hold this very lease. */
export function sinksAreExplained({ rotation, state }: Pick<Session, "rotation" | "state">): boolean {
  return rotation.sinks.every(({ id }) => {
    const may = state().sinks[id]?.may ?? [];
    return may.length > 0 && !may.includes("foreign");
  });
}

async function revokeRefused({ rotation, deps, warn }: Session, lease: LeaseState, minted: Minted): Promise<boolean> {
  const { provider } = rotation;
  const { handle } = minted;
  // A plugin in plain JavaScript may have left them out.
  const fields = Object.keys(minted.fields ?? {}).length > 0 ? minted.fields : undefined;
  const lacksHandle = provider.part.revoke !== undefined && handle === undefined;
  if (lacksHandle || !canRevokeWith(provider, fields)) return false;
  try {
    await revokeLease({ deps, provider }, { ...lease, expiresAt: null, handle }, fields);
    return true;
  } catch (error) {
    warn(`the lease that was refused could not be revoked: ${innerError(error).message}`);
    return false;
  }
}
