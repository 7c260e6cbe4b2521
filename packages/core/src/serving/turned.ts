import type { Runtime } from "@rotate/runtime";

/** Who was turned away at one entry, by a word for the reason. */
export interface Turned {
  readonly count: (word: string) => void;
  readonly counts: () => ReadonlyMap<string, number>;
}

/** Whoever is turned away a thousand times a second is told of once in this time. ms */
const tellEvery = 60_000;

/** Nobody yet. Told in the log, each reason anew after a while. @param where for people: `serve.app-db` */
export function createTurned(where: string, { log, monotonic }: Pick<Runtime, "log" | "monotonic">): Turned {
  const counts = new Map<string, number>();
  const toldAt = new Map<string, number>();
  return {
    counts: () => counts,
    count(word) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
      if (monotonic() - (toldAt.get(word) ?? -Infinity) < tellEvery) return;
      toldAt.set(word, monotonic());
      log.warn(`${where} turned somebody away: ${word}`, { times: counts.get(word) });
    },
  };
}
