/** So many at once; one that waits for others may give its slot away meanwhile. */
export interface Slots {
  readonly run: <T>(work: () => Promise<T>) => Promise<T>;
  readonly pause: <T>(wait: () => Promise<T>) => Promise<T>;
}

/** `count` slots, handed out in the order of asking. */
export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];

  async function take(): Promise<void> {
    if (free > 0) {
      free--;
      return;
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  function give(): void {
    const next = waiting.shift();
    if (next) next();
    else free++;
  }

  return {
    async run(work) {
      await take();
      try {
        return await work();
      } finally {
        give();
      }
    },
    async pause(wait) {
      give();
      try {
        return await wait();
      } finally {
        await take();
      }
    },
  };
}
