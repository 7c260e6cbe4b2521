/** Where a history may take another turn, it asks for a number: 0 is "all goes well". */
export interface Choices {
  readonly pick: (count: number, label: string) => number;
}

/** All histories with at most `faults` turns, depth first: `while (choices.next())`. */
export interface Exhaustive extends Choices {
  readonly start: () => void;
  readonly next: () => boolean;
}

export function exhaustive(faults: number): Exhaustive {
  const path: number[] = [];
  const counts: number[] = [];
  let depth = 0;
  let used = 0;
  return {
    start() {
      depth = 0;
      used = 0;
    },
    pick(count) {
      const at = depth++;
      if (at >= path.length) {
        path.push(0);
        counts.push(used < faults ? count : 1);
      }
      const choice = path[at] ?? 0;
      if (choice > 0) used++;
      return choice;
    },
    next() {
      while (path.length > 0) {
        const last = path.length - 1;
        const choice = path[last] ?? 0;
        if (choice + 1 < (counts[last] ?? 1)) {
          path[last] = choice + 1;
          return true;
        }
        path.pop();
        counts.pop();
      }
      return false;
    },
  };
}

/** xorshift32: small, and the same everywhere. */
export function randomNumbers(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 4_294_967_296;
  };
}

/** A random history with at most `faults` turns, each taken with probability `share`. `limit` cuts it short, for shrinking. */
export function random(
  seed: number,
  { share, faults, limit = Infinity }: { share: number; faults: number; limit?: number },
): Choices & { readonly taken: () => number } {
  const next = randomNumbers(seed);
  let taken = 0;
  return {
    taken: () => taken,
    pick(count) {
      if (count <= 1 || taken >= faults || next() > share) return 0;
      taken++;
      const choice = 1 + Math.floor(next() * (count - 1));
      return taken > limit ? 0 : choice;
    },
  };
}
