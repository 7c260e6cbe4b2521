/** Where a history may take another turn, it asks: which of these faults happens here? Undefined: all goes well. */
export interface Choices {
  readonly pick: (label: string, faults: readonly string[]) => string | undefined;
}

/** One fault of a history: at the `nth` time (from 1) that `label` was asked. */
export interface Turn {
  readonly label: string;
  readonly nth: number;
  readonly fault: string;
}

/** All histories with at most `faults` turns, depth first: `do { start(); … } while (next())`. */
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
    pick(_label, options) {
      const at = depth++;
      if (at >= path.length) {
        path.push(0);
        counts.push(used < faults ? options.length + 1 : 1);
      }
      const choice = path[at] ?? 0;
      if (choice > 0) used++;
      return options[choice - 1];
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

/** Numbers 0 ≤ x < 1 by xorshift32: small, and the same everywhere. */
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

/** A random history with at most `faults` turns, each taken with probability `share`. */
export function random(seed: number, { share, faults }: { readonly share: number; readonly faults: number }): Choices {
  const next = randomNumbers(seed);
  let taken = 0;
  return {
    pick(_label, options) {
      if (options.length === 0 || taken >= faults || next() > share) return undefined;
      taken++;
      return options[Math.floor(next() * options.length)];
    },
  };
}

/** Exactly these turns, wherever the engine comes to them: a history that stays readable, and the same when the engine takes a step more. */
export function scripted(turns: readonly Turn[]): Choices {
  const asked = new Map<string, number>();
  return {
    pick(label, options) {
      const nth = (asked.get(label) ?? 0) + 1;
      asked.set(label, nth);
      const turn = turns.find((one) => one.label === label && one.nth === nth);
      return turn && options.includes(turn.fault) ? turn.fault : undefined;
    },
  };
}

/** The same choices, with the turns that were taken written down. */
export function recorded(choices: Choices): Choices & { readonly turns: () => readonly Turn[] } {
  const asked = new Map<string, number>();
  const turns: Turn[] = [];
  return {
    turns: () => turns,
    pick(label, options) {
      const nth = (asked.get(label) ?? 0) + 1;
      asked.set(label, nth);
      const fault = choices.pick(label, options);
      if (fault !== undefined) turns.push({ label, nth, fault });
      return fault;
    },
  };
}
