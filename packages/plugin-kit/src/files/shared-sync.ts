import { promisify } from "node:util";

/** A sync that runs, and the one that comes after it. */
interface Syncs {
  running?: Promise<void>;
  next?: Promise<void> | undefined;
}

/** Of places that are being synced, by device and inode. */
const syncing = new Map<string, Syncs>();

const turn = promisify(setImmediate);

/**
 * Makes durable what was done before the call. Whoever comes before the next sync of the same `place` begins shares it, and its failure: all that is done in one turn of
 * the event loop, and while another runs. `sync` has to be able to do so until the call has ended.
 */
export function sharedSync(place: string, sync: () => Promise<void>): Promise<void> {
  const at = syncing.get(place) ?? {};
  syncing.set(place, at);
  return (at.next ??= begin(place, at, sync));
}

async function begin(place: string, at: Syncs, sync: () => Promise<void>): Promise<void> {
  await at.running?.catch(() => undefined); // whoever waits for it is told
  await turn();
  at.next = undefined;
  at.running = sync();
  try {
    await at.running;
  } finally {
    if (at.next === undefined) syncing.delete(place);
  }
}
