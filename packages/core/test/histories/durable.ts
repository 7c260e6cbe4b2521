import type { MemoryStore } from "../../src/store/memory-store.ts";

/** A store in memory that knows what a power failure would leave of it. */
export interface DurableStore extends MemoryStore {
  /** All that was written so far is durable. */
  readonly sync: () => void;
  /** All that was written since is gone, and so is every process. */
  readonly losePower: () => void;
}

export function durable(store: MemoryStore): DurableStore {
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
