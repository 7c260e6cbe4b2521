import { innerError } from "../rotation/errors.ts";
import type { Session } from "../rotation/session.ts";
import { currentLease, textsOf } from "./find.ts";

/** After a rotation: what it published goes to the cache, if the spec wants one; else what an earlier spec left there goes. A cache that cannot be written fails nobody. */
export async function keepCurrent(session: Session): Promise<void> {
  const { rotation, deps, state, warn } = session;
  const { memory } = deps;
  const { cache } = deps.host;
  if (cache === undefined) return;
  if (rotation.cache !== true) return cache.remove(rotation.name);
  const lease = currentLease(state());
  const fields = lease && memory.get(lease.id);
  if (lease === undefined || fields === undefined || cache.read(rotation.name)?.lease === lease.id) return;
  try {
    await cache.write(rotation.name, { lease: lease.id, fields: textsOf(fields) });
  } catch (error) {
    warn(`the cache of the credential could not be written: ${innerError(error).message}`);
  }
}
