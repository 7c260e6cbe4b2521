import { withClaim } from "../backend/claim.ts";
import type { RevokedLease, RevokeReport } from "../revoke-report.ts";
import type { ProviderEntry, Spec } from "../loading/model.ts";
import { heldLeases, liveLeases, type LeaseState, type RotationState } from "../store/state.ts";
import { failureOf, isDefinite } from "../rotation/errors.ts";
import { journalOf, type Journal } from "../rotation/journal.ts";
import { sweepUnder } from "../rotation/left-overs.ts";
import { canRevokeWith, revokeLease } from "../rotation/revocation.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { instantAt } from "../rotation/describe.ts";

/** Which leases are meant. */
export interface RevokeOptions {
  /** The superseded leases instead of the one in use. */
  readonly previous?: boolean;
}

/**
 * Revokes leases because a person says so: the one in use (its consumers stop working) or the superseded ones. Also for a rotation that is not in the spec any more,
 * as long as its provider is. Throws EngineError `ROTATE_LOCKED`.
 */
export async function revokeByHand(
  name: string,
  { spec, deps }: { readonly spec: Pick<Spec, "rotations" | "providers">; readonly deps: RotationDeps },
  { previous = false }: RevokeOptions,
): Promise<RevokeReport> {
  return withClaim(deps.claims, name, async (claim) => {
    const rotation = spec.rotations.find((each) => each.name === name);
    if (rotation !== undefined) await sweepUnder(claim, { rotation, deps });
    const leases: RevokedLease[] = [];
    const journal = journalOf(claim, deps);
    for (const lease of chosen(claim.state(), previous))
      leases.push(await revokeOne(lease, { deps, journal, provider: spec.providers.get(lease.provider) }));
    return { version: 1, name, leases };
  });
}

function chosen(state: RotationState, previous: boolean): readonly LeaseState[] {
  const held = heldLeases(state);
  return liveLeases(state).filter(
    ({ id, foreign }) =>
      foreign !== true && (previous ? !held.includes(id) : id === state.settled || held.includes(id)),
  );
}

interface By {
  readonly deps: RotationDeps;
  readonly provider: ProviderEntry | undefined;
  readonly journal: Journal;
}

async function revokeOne(lease: LeaseState, { deps, provider, journal }: By): Promise<RevokedLease> {
  const told = { id: lease.id, ...instantAt("expiresAt", lease.expiresAt ?? Infinity, deps.clock) };
  const fields = deps.memory.get(lease.id);
  if (provider === undefined || lease.phase === "ghost" || !canRevokeWith(provider, fields))
    return { ...told, result: "expires only" };
  await journal({ type: "revoking", lease: lease.id, notBefore: 0 });
  try {
    await revokeLease({ deps, provider }, lease, fields);
  } catch (error) {
    const { report, error: cause } = failureOf(error, { phase: "retire" });
    // An answer that was lost may have been a yes: what is in use is replaced then, as after one.
    const unknown = isDefinite(cause) ? {} : { unknown: true };
    await journal({ type: "revoke-failed", lease: lease.id, error: report.message, notBefore: 0, ...unknown });
    return { ...told, result: "failed", error: report };
  }
  await journal({ type: "gone", lease: lease.id, how: "revoked" });
  return { ...told, result: "revoked" };
}
