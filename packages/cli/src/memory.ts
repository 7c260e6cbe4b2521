import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What a process does with memory that it does not use. */
export interface Memory {
  /** To be called when there is time for it: gives back what was used since and is not any more, where that is worth it. */
  readonly giveBack: () => void;
}

/** What is asked of the process. Default: this one. */
export interface MemoryOptions {
  /** Resident, in bytes. */
  readonly resident?: () => number;
  /** Collects, and gives free pages to the system. */
  readonly collect?: () => void;
  /** Of the processors' time, ms: on a machine that is busy with other things a collection takes many times as long as it costs. */
  readonly spent?: () => number;
  /** ms */
  readonly monotonic: () => number;
}

/** So much more than after the last time is worth it. */
const worthwhile = 1.15;
/** Of all time, what it may cost: some 50 ms and more for each 50 MB in use. */
const share = 1 / 1_000;
/** Between two times at least, ms. */
const shortest = 30_000;

/**
 * V8 keeps what a spec and a first look at many rotations have taken, several times as much as stays in use, and gives nothing of it back while a process is at rest.
 */
export function createMemory({
  monotonic,
  resident = () => process.memoryUsage.rss(),
  collect = collectAll,
  spent = processorTime,
}: MemoryOptions): Memory {
  let last = { resident: 0, next: -Infinity };
  return {
    giveBack() {
      if (monotonic() < last.next || resident() < last.resident * worthwhile) return;
      const before = spent();
      collect();
      last = { resident: resident(), next: monotonic() + Math.max(shortest, (spent() - before) / share) };
    },
  };
}

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

type Collect = (how: { readonly type: "major"; readonly flavor: "last-resort" }) => void;

/** The flag is gone again at once: kept code counts for the flags that it was compiled under. */
function collectAll(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as Collect;
  setFlagsFromString("--no-expose-gc");
  collect({ type: "major", flavor: "last-resort" });
}
