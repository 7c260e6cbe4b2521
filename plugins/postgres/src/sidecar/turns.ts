/** A few at a time; the others wait for their turn, in order. */
export interface Turns {
  /** Resolves with what ends the turn. Rejects with the reason of the signal when it aborts before. */
  readonly take: (signal: AbortSignal) => Promise<() => void>;
}

/** @param most how many have a turn at once */
export function createTurns(most: number): Turns {
  const waiting = new Set<() => void>();
  let taken = 0;

  function end(): void {
    const [next] = waiting;
    if (next === undefined) taken--;
    else {
      waiting.delete(next);
      next();
    }
  }

  async function take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (taken < most) taken++;
    else await turn(signal);
    return once(end);
  }

  async function turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = (): void => {
      waiting.delete(resolve);
      reject(signal.reason as Error);
    };
    waiting.add(resolve);
    signal.addEventListener("abort", giveUp, { once: true });
    await promise.finally(() => signal.removeEventListener("abort", giveUp));
  }

  return { take };
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}
