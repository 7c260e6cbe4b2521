import { type Clock, deadlineWith, sleepWith } from "@rotate/runtime";

/** A clock that stands still until it is told to go. A `Clock` of core: spread it into a Runtime, or give it to `createRuntime({ clock })`. */
export interface FakeClock extends Clock {
  /** Lets `milliseconds` pass on both clocks, waking sleepers in the order of their times; each may start new sleeps that still fall in the span. */
  readonly advance: (milliseconds: number) => Promise<void>;
  /** Moves the wall clock only, forward or (negative) back, as NTP or a suspended machine does. No sleeper wakes: timers run on the monotonic clock. */
  readonly jumpWall: (milliseconds: number) => void;
  /** Sets the wall clock to an instant, leaving the monotonic one. */
  readonly set: (wall: number | Date) => void;
  /** Sleeps and deadlines that are waiting now. */
  readonly pending: () => number;
}

/** Options of `createFakeClock`. */
export interface FakeClockOptions {
  /** The wall clock at the start; default 2026-01-01T00:00:00Z. */
  readonly start?: number | Date;
  /** True: a `sleep` moves the clock itself and returns at once, for code that polls. Default false. */
  readonly autoAdvance?: boolean;
}

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

/** Lets everything that was woken run as far as it gets without time passing. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function createTimers() {
  let elapsed = 0;
  let timers: readonly Timer[] = [];

  function start(milliseconds: number, fire: () => void): () => void {
    const timer = { at: elapsed + Math.max(0, milliseconds), fire };
    timers = [...timers, timer];
    return () => {
      timers = timers.filter((other) => other !== timer);
    };
  }
  /** The earliest up to `end`; of equals the one that was started first. */
  function takeNext(end: number): Timer | undefined {
    const [next] = timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
    timers = timers.filter((timer) => timer !== next);
    return next;
  }
  async function advance(milliseconds: number): Promise<void> {
    if (!(milliseconds >= 0)) throw new RangeError("time goes forward; jumpWall moves the wall clock back");
    const end = elapsed + milliseconds;
    await settle();
    for (let next = takeNext(end); next !== undefined; next = takeNext(end)) {
      elapsed = Math.max(elapsed, next.at);
      next.fire();
      await settle();
    }
    elapsed = end;
  }
  return { start, advance, elapsed: () => elapsed, pending: () => timers.length };
}

/** A clock for tests: see FakeClock. */
export function createFakeClock({
  start = Date.UTC(2026, 0, 1),
  autoAdvance = false,
}: FakeClockOptions = {}): FakeClock {
  const timers = createTimers();
  let offset = Number(start);
  const waiting = sleepWith(timers.start);
  const now = (): number => offset + timers.elapsed();
  async function advancing(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await timers.advance(milliseconds);
    signal?.throwIfAborted();
  }
  return {
    now,
    monotonic: timers.elapsed,
    sleep: autoAdvance ? advancing : waiting,
    deadline: deadlineWith(timers.start),
    advance: timers.advance,
    jumpWall: (milliseconds) => {
      offset += milliseconds;
    },
    set: (wall) => {
      offset = Number(wall) - timers.elapsed();
    },
    pending: timers.pending,
  };
}
