/** True time as a queue of events: it moves only when all that was woken has come to rest. */

/** Something with a life of its own: a process. What it waits for never comes once it is dead. */
export interface Life {
  dead: boolean;
  /** Timers of what it is at. */
  readonly pending: Set<Timer>;
}

/** A process that has just been started. */
export function newLife(): Life {
  return { dead: false, pending: new Set() };
}

/** When the first of its timers ends; true time, ms. */
export function nextOf({ pending }: Life): number {
  let next = Infinity;
  for (const { at } of pending) next = Math.min(next, at);
  return next;
}

export interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void | Promise<void>;
  readonly owner: Life | undefined;
  over: boolean;
}

export interface Clockwork {
  /** True time, ms. */
  readonly now: () => number;
  /** Calls `fire` at that time, unless `owner` is dead by then. Gives what cancels it. */
  readonly at: (when: number, fire: Timer["fire"], owner?: Life) => () => void;
  /** Lets time pass. */
  readonly run: (until: number) => Promise<void>;
  readonly stop: () => void;
}

/** All that can go on without time passing has gone on: Node runs a tick's callback when no promise has a reaction left to run. */
function atRest(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

export function createClockwork(): Clockwork {
  const heap = createHeap();
  let time = 0;
  let order = 0;
  let stopped = false;

  function at(when: number, fire: Timer["fire"], owner?: Life): () => void {
    const timer: Timer = { at: Math.max(when, time), order: order++, fire, owner, over: false };
    owner?.pending.add(timer);
    heap.push(timer);
    return () => end(timer);
  }

  async function run(until: number): Promise<void> {
    // From here on as a reaction of a promise: only then does a tick's callback come last.
    await Promise.resolve();
    await atRest();
    for (let timer = heap.pop(); timer !== undefined; timer = heap.pop()) {
      if (timer.at > until || stopped) break;
      if (timer.over || timer.owner?.dead) continue;
      time = timer.at;
      end(timer);
      await timer.fire();
      await atRest();
    }
    time = Math.max(time, until);
  }

  return { now: () => time, at, run, stop: () => void (stopped = true) };
}

function end(timer: Timer): void {
  if (timer.over) return;
  timer.over = true;
  timer.owner?.pending.delete(timer);
}

/** The earliest first; of equals the one that was pushed first. */
function createHeap() {
  const items: Timer[] = [];
  const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

  function swap(a: number, b: number): void {
    const item = items[a]!;
    items[a] = items[b]!;
    items[b] = item;
  }

  return {
    push(timer: Timer): void {
      let index = items.push(timer) - 1;
      while (index > 0) {
        const parent = (index - 1) >> 1;
        if (!before(items[index]!, items[parent]!)) return;
        swap(index, parent);
        index = parent;
      }
    },
    pop(): Timer | undefined {
      const first = items[0];
      const last = items.pop();
      if (first === undefined || last === undefined || first === last) return first;
      items[0] = last;
      for (let index = 0; ;) {
        let least = index;
        for (const child of [2 * index + 1, 2 * index + 2])
          if (child < items.length && before(items[child]!, items[least]!)) least = child;
        if (least === index) return first;
        swap(index, least);
        index = least;
      }
    },
  };
}
