import type { Runtime } from "@rotate/runtime";
import { createReady, type Ready } from "../engine/ready.ts";

/** Who is at work, who is ready for it, and who is left alone for a while. Rotations are told by their index; instants are monotonic ms. */
export interface Posts {
  readonly begin: (index: number) => void;
  readonly end: (index: number) => void;
  readonly isBusy: (index: number) => boolean;
  /** Since when those are at work that have not taken long yet. */
  readonly quick: () => readonly number[];
  readonly ready: Ready;
  /** Left alone until then. */
  readonly rest: (index: number, until: number) => void;
  readonly restless: (index: number) => void;
  /** For how long it is left alone; not above 0: it is not. ms */
  readonly restOf: (index: number) => number;
  /** Nobody works on it, it waits for nobody, and it may be begun. */
  readonly isFree: (index: number) => boolean;
  /** ms until a place becomes free that is held for long; Infinity: nobody waits for one. */
  readonly untilPlace: () => number;
}

/** What has been at work for longer waits for somebody: its place is another's. ms */
const slowAfter = 5_000;

/** Nobody is at work yet. @param count of rotations */
export function createPosts(count: number, { monotonic }: Pick<Runtime, "monotonic">): Posts {
  /** Since when. */
  const busy = new Map<number, number>();
  const ready = createReady(count);
  const restUntil = new Map<number, number>();
  const quick = (): readonly number[] => [...busy.values()].filter((at) => at > monotonic() - slowAfter);
  const restOf = (index: number): number => (restUntil.get(index) ?? -Infinity) - monotonic();
  return {
    begin: (index) => void busy.set(index, monotonic()),
    end: (index) => void busy.delete(index),
    isBusy: (index) => busy.has(index),
    quick,
    ready,
    rest: (index, until) => void restUntil.set(index, until),
    restless: (index) => void restUntil.delete(index),
    restOf,
    isFree: (index) => !busy.has(index) && !ready.has(index) && restOf(index) <= 0,
    untilPlace: () => (ready.isEmpty() ? Infinity : Math.min(...quick()) + slowAfter - monotonic()),
  };
}
