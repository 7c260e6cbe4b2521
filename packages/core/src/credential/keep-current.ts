import type { KeptCredential, KeptValues, ValueCache } from "../backend/host-notes.ts";
import type { Session } from "../rotation/session.ts";
import type { LeaseState } from "../store/state.ts";
import { namesPrevious } from "./fields-of.ts";
import { currentLease, leaseBefore, textsOf } from "./find.ts";

/** After a rotation: what it published goes to the cache, if the spec wants one; else what an earlier spec left there goes. A cache that cannot be written fails nobody. */
export async function keepCurrent(session: Session): Promise<void> {
  const { cache } = session.deps.host;
  try {
    if (cache) await keepIn(cache, session);
  } catch (error) {
    session.warn(`the cache of the credential could not be written: ${(error as Error).message}`);
  }
}

async function keepIn(cache: ValueCache, { rotation, deps, state }: Session): Promise<void> {
  if (rotation.cache !== true) return cache.remove(rotation.name);
  const lease = currentLease(state());
  const fields = lease && deps.memory.get(lease.id);
  if (lease === undefined || fields === undefined || cache.read(rotation.name)?.lease === lease.id) return;
  const previous = keptBefore(cache.read(rotation.name), lease, { rotation, deps, state });
  await cache.write(rotation.name, { lease: lease.id, fields: textsOf(fields), ...(previous && { previous }) });
}

/** For those that are to know both: no value is kept longer than somebody may ask for it. */
function keptBefore(
  kept: KeptCredential | undefined,
  current: LeaseState,
  { rotation, deps, state }: Pick<Session, "rotation" | "deps" | "state">,
): KeptValues | undefined {
  if (rotation.served === undefined && !namesPrevious(rotation)) return undefined;
  const before = leaseBefore(current.id, state(), deps.clock.now());
  const minted = before && deps.memory.get(before.id);
  if (before !== undefined && minted !== undefined) return { lease: before.id, fields: textsOf(minted) };
  return kept !== undefined && kept.lease === before?.id ? { lease: kept.lease, fields: kept.fields } : undefined;
}
