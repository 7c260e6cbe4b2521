import { sleepOrWake, type Runtime } from "@rotate/runtime";

/** `changed`: a followed file. `confirmed`: a person says that the spec is meant. `sources`: a file that a provider logs in with. `done`: work ended. */
export type WakeReason = "changed" | "confirmed" | "sources" | "done" | "stop";

/** A sleep that can be cut short, and remembers why. */
export interface Waker {
  readonly wake: (reason: WakeReason) => void;
  /** At most `milliseconds`; not at all when it was woken since the last `reasons`. */
  readonly sleep: (milliseconds: number, runtime: Pick<Runtime, "sleep">) => Promise<void>;
  /** Why it was woken since it was last asked. */
  readonly reasons: () => ReadonlySet<WakeReason>;
}

/** Awake: what wakes it before it sleeps is not lost. */
export function createWaker(): Waker {
  const pending = new Set<WakeReason>();
  let sleeping: AbortController | undefined;
  return {
    wake(reason) {
      pending.add(reason);
      sleeping?.abort(reason); // with a reason: else Node makes an error, with its stack, that nobody reads
    },
    async sleep(milliseconds, runtime) {
      if (pending.size > 0) return;
      const controller = new AbortController();
      sleeping = controller;
      await sleepOrWake(runtime, milliseconds, controller.signal);
      sleeping = undefined;
    },
    reasons() {
      const reasons = new Set(pending);
      pending.clear();
      return reasons;
    },
  };
}
