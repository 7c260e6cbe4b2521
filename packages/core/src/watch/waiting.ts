import type { Runtime } from "@rotate/runtime";

/** Which rotations failed, by their issuers: they may be looked at when one of them answers well again. Rotations are told by their index. */
export interface Waiting {
  /** How one of an issuer's is now. */
  readonly note: (provider: string, index: number, isFailing: boolean) => void;
  readonly all: () => readonly number[];
  /** The issuer answered well: what waits for it may be woken. */
  readonly succeeded: (provider: string) => void;
  /** Those to be looked at now. */
  readonly take: () => readonly number[];
  /** Monotonic ms at which some are to be looked at; Infinity: at no time. */
  readonly next: () => number;
}

/** What waits for an issuer is not looked at again at each of a thousand successes. ms */
const wakeEvery = 1_000;

/** Nobody waits yet. */
export function createWaiting({ monotonic }: Pick<Runtime, "monotonic">): Waiting {
  const failing = new Map<string, Set<number>>();
  /** Monotonic ms at which those who wait for an issuer are looked at, and after which they may be again. */
  const wakeAt = new Map<string, number>();
  const mayWakeAt = new Map<string, number>();
  return {
    note(provider, index, isFailing) {
      const those = failing.get(provider) ?? new Set();
      failing.set(provider, those);
      if (isFailing) those.add(index);
      else those.delete(index);
    },
    all: () => [...failing.values()].flatMap((those) => [...those]),
    succeeded(provider) {
      if (!wakeAt.has(provider) && (failing.get(provider)?.size ?? 0) > 0)
        wakeAt.set(provider, mayWakeAt.get(provider) ?? -Infinity);
    },
    take() {
      const now = monotonic();
      const woken = [...wakeAt].flatMap(([provider, at]) => (at > now ? [] : [provider]));
      for (const provider of woken) {
        wakeAt.delete(provider);
        mayWakeAt.set(provider, now + wakeEvery);
      }
      return woken.flatMap((provider) => [...(failing.get(provider) ?? [])]);
    },
    next: () => Math.min(...wakeAt.values(), Infinity),
  };
}
