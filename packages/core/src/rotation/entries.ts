/** What is known of one provider entry: by all rotations on it, in this process. Instants of rotation time, ms. */
export interface EntryState {
  /** The last success of any rotation on it. */
  readonly okAt: number;
  /** How many of its rotations wait after a failure. */
  readonly waiting: number;
  /** When this process last found that the machine had slept. */
  readonly wokeAt: number;
}

/** An entry of which nothing is known: nobody waits, nothing happened. */
export const calmEntry: EntryState = { okAt: -Infinity, waiting: 0, wokeAt: -Infinity };

/** What the rotations of one process know together of each provider entry. */
export interface Entries {
  readonly of: (provider: string) => EntryState;
  /** The issuer answered well; rotation time, ms. */
  readonly succeeded: (provider: string, at: number) => void;
  /** A rotation of it waits after a failure, or waits no more. */
  readonly waits: (provider: string, rotation: string, waiting: boolean) => void;
  /** Calls `wake` at each success on the entry. Returns how to stop. */
  readonly onSuccess: (provider: string, wake: () => void) => () => void;
  /** The machine had slept; rotation time, ms. */
  readonly woke: (at: number) => void;
}

/** In memory, for one process. */
export function createEntries(): Entries {
  const okAt = new Map<string, number>();
  const waiting = new Map<string, Set<string>>();
  const listeners = new Set<{ readonly provider: string; readonly wake: () => void }>();
  let wokeAt = -Infinity;
  return {
    of: (provider) => ({
      okAt: okAt.get(provider) ?? calmEntry.okAt,
      // One alone has nobody to share the issuer with.
      waiting: Math.max(0, (waiting.get(provider)?.size ?? 0) - 1),
      wokeAt,
    }),
    succeeded(provider, at) {
      okAt.set(provider, at);
      for (const listener of listeners) if (listener.provider === provider) listener.wake();
    },
    onSuccess(provider, wake) {
      const listener = { provider, wake };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    waits(provider, rotation, isWaiting) {
      const those = waiting.get(provider) ?? new Set();
      if (isWaiting) those.add(rotation);
      else those.delete(rotation);
      waiting.set(provider, those);
    },
    woke: (at) => void (wokeAt = at),
  };
}
