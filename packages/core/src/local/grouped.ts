interface Waiting<Source> {
  readonly work: (source: Source) => unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (reason: unknown) => void;
}

/** Does what is asked for in one turn of the event loop in one transaction. */
export interface Grouped<Source> {
  readonly write: <T>(work: (source: Source) => T) => Promise<T>;
  /** Does what waits, now. */
  readonly drain: () => void;
}

/** `transaction` does its work whole or not at all, and throws what the work throws. One that fails takes no other with it: each is then done alone. */
export function createGrouped<Source>(transaction: <T>(work: (source: Source) => T) => T): Grouped<Source> {
  let waiting: Waiting<Source>[] = [];

  function drain(): void {
    const group = waiting;
    waiting = [];
    if (group.length === 0) return;
    try {
      const results = transaction((source) => group.map(({ work }) => work(source)));
      group.forEach(({ resolve }, at) => resolve(results[at] as never));
    } catch (error) {
      if (group.length === 1) group[0]!.reject(error);
      else group.forEach(alone);
    }
  }

  function alone({ work, resolve, reject }: Waiting<Source>): void {
    try {
      resolve(transaction(work) as never);
    } catch (error) {
      reject(error);
    }
  }

  return {
    write: (work) =>
      new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(drain);
        waiting.push({ work, resolve, reject });
      }),
    drain,
  };
}
