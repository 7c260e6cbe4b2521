import type { MemoryState } from "../backend/memory.ts";

/** A store in memory that knows what a power failure would leave of it. */
export interface DurableStore extends MemoryState {
  /** All that was written so far is durable. */
  readonly sync: () => void;
  /** All that was written since is gone, and so is every process. */
  readonly losePower: () => void;
}

export function durable(store: MemoryState): DurableStore {
  let synced = store.snapshot();
  return {
    ...store,
    sync: () => void (synced = store.snapshot()),
    losePower() {
      store.restore(synced);
      store.breakLocks();
    },
  };
}
