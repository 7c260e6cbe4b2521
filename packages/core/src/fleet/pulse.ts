/** Signs of life: what this process has taken stays its own while it gives them, and what others let lapse is freed for all. */
import type { Queue, TakenJob } from "./queue.ts";
import { monotonic } from "@rotate/runtime";

/** A job that this process has, until it is found to be another's. */
export interface Held {
  readonly job: TakenJob;
  /** When it was about to be taken, monotonic ms. */
  readonly since: number;
  /** It is another's, or nobody's. */
  readonly lose: () => void;
}

/** How it is known that the database is there, and what is held. */
export interface Pulse {
  readonly add: (held: Held) => void;
  readonly drop: (held: Held) => void;
  /** Free from now on what others let lapse. */
  readonly sweep: () => void;
  /** Asks the database whether it is our own, when that is too long ago to be sure; throws what it throws. */
  readonly check: (held: Held) => Promise<void>;
  /** Nobody else can have taken it, even when the database does not answer now. */
  readonly isSure: (held: Held) => boolean;
  readonly stop: () => Promise<void>;
}

/** Time that passes whether or not anybody waits. */
export interface Beats {
  /** ms; goes on while the process is stopped. */
  readonly monotonic: () => number;
  /** Calls `work` each so many ms; gives what ends it. */
  readonly every: (ms: number, work: () => Promise<void>) => () => void;
}

/** Of this process. */
export const realBeats: Beats = {
  monotonic,
  every(ms, work) {
    const timer = setInterval(() => void work(), ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};

const lookEvery = 1_000;
const touchEvery = 3_000;
/** Before the ten seconds after which another may take what is held: what is begun then still has time to be seen. ms */
const sureFor = 7_000;

/**
 * Looks each second, and touches each three what is held. Claims of others are judged only after seven seconds of answers: after an outage the living need a moment to
 * say that they are. @param learn what the database's clock says is told to
 */
export function createPulse(queue: Queue, beats: Beats, learn: () => Promise<void>): Pulse {
  const held = new Set<Held>();
  let heardAt = -Infinity;
  let goodSince = beats.monotonic();
  let touchedAt = -Infinity;
  let lookedAt = -Infinity;
  let isSweeping = false;
  let looking: Promise<void> | undefined;

  async function touch(): Promise<void> {
    const asked = [...held];
    const at = beats.monotonic();
    if (asked.length > 0) {
      const ours = await queue.touch(asked.map(({ job }) => job));
      for (const one of asked) if (held.has(one) && !ours.has(one.job.id)) lost(one);
    }
    await learn();
    heardAt = at;
    touchedAt = at;
  }

  function lost(one: Held): void {
    held.delete(one);
    one.lose();
  }

  async function look(): Promise<void> {
    const at = beats.monotonic();
    if (isSweeping && at - lookedAt > sureFor) goodSince = at;
    lookedAt = at;
    if (at - touchedAt >= touchEvery) await touch();
    if (!isSweeping) return;
    const lapsed = await queue.lapsed();
    if (lapsed.length > 0 && beats.monotonic() - goodSince >= sureFor) await queue.free(lapsed);
  }

  async function begin(): Promise<void> {
    if (held.size === 0 && !isSweeping) return;
    // Whoever works with what is held is told by its own statements.
    looking ??= look()
      .catch(() => void (goodSince = beats.monotonic()))
      .finally(() => void (looking = undefined));
    await looking;
  }

  function isSure({ since }: Held): boolean {
    return beats.monotonic() - Math.max(heardAt, since) <= sureFor;
  }

  const end = beats.every(lookEvery, begin);
  return {
    isSure,
    add: (one) => void held.add(one),
    drop: (one) => void held.delete(one),
    sweep: () => void (isSweeping = true),
    async check(one) {
      if (!isSure(one)) await touch();
    },
    async stop() {
      end();
      await looking;
    },
  };
}
