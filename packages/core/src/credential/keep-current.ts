import type { ValueCache } from "../backend/host-notes.ts";
import type { Session } from "../rotation/session.ts";
import { currentLease, textsOf } from "./find.ts";

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
  await cache.write(rotation.name, { lease: lease.id, fields: textsOf(fields) });
}
