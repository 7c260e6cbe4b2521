import { lockLost } from "./state-error.ts";
import { fenced, type Claim, type Claims, type Settlement } from "../backend/claim.ts";
import { sleepOrWake, type Runtime } from "@rotate/runtime";
import type { RotationClock } from "../schedule/clock.ts";
import type { JournalRecord, Stamp } from "../store/records.ts";
import type { RotationState } from "../store/state.ts";

/** A lock on one rotation: while it lives, no other process of this machine works on it. */
export interface Lock {
  /** Is the lock still the one that others would see? False when its file was removed or replaced. */
  readonly valid: () => boolean;
  /** For people. */
  readonly place: string;
  readonly release: () => void;
}

/** The locks of one state directory. */
export interface Locks {
  /** At once; undefined when this or another process has it. Throws EngineError when the lock file cannot be used. */
  readonly tryLock: (rotation: string) => Lock | undefined;
  /** Has anybody the lock? Takes nothing. */
  readonly isLocked: (rotation: string) => boolean;
}

/** A record with the moment at which it is written. */
export interface Entry {
  readonly record: JournalRecord;
  readonly stamp: Stamp;
}

/** What a claim writes in one step. */
export interface Written extends Pick<Settlement, "attempts" | "next"> {
  readonly entries: readonly Entry[];
  /** As the claim knows it. */
  readonly state: RotationState;
}

/** What claims write to. */
export interface Ledger {
  readonly load: (rotation: string) => Promise<RotationState>;
  /** Of the state as it is kept. */
  readonly epoch: (rotation: string) => Promise<number>;
  /** All or none; the state that it makes. Undefined, and nothing is written, when the state there is of another epoch. */
  readonly append: (rotation: string, written: Written) => Promise<RotationState | undefined>;
  /** When rotations are due, rotation time in ms, earliest first. */
  readonly dueTimes: () => Promise<readonly DueTime[]>;
}

/** 0: at once. Infinity: not by itself. */
export interface DueTime {
  readonly rotation: string;
  readonly at: number;
}

/** What the claims of one machine are made of. */
export interface Ground {
  readonly locks: Locks;
  readonly ledger: Ledger;
  readonly clock: RotationClock;
  readonly runtime: Pick<Runtime, "monotonic" | "sleep">;
  /** What is claimed together, of the published spec: see bundlesOf. */
  readonly bundles: () => ReadonlyMap<string, readonly string[]>;
}

/** Between two looks at what is due: another process may settle what it makes due. ms */
const longestWait = 30_000;

/** Claims by locks that end with their process, and by an epoch that each of them raises: a write under an older one is refused. */
export function createClaims(ground: Ground): Claims {
  const { locks, ledger, clock, runtime } = ground;

  /** All of a bundle, or nothing: added to `taken` as soon as it is held. */
  async function claimAll(bundle: readonly string[], taken: Claim[]): Promise<void> {
    const before = taken.length;
    for (const rotation of bundle) {
      const lock = locks.tryLock(rotation);
      if (lock) taken.push(await openClaim(rotation, lock, ground));
    }
    if (taken.length - before < bundle.length) await settleAll(taken.splice(before));
  }

  /** Bundles that are due, until there are enough. What was taken is given back when one of them cannot be had at all. */
  async function claimDue(due: Iterable<readonly string[]>, limit: number): Promise<readonly Claim[]> {
    const claims: Claim[] = [];
    try {
      for (const bundle of due) if (claims.length < limit) await claimAll(bundle, claims);
      return claims;
    } catch (error) {
      await settleAll(claims).catch(() => undefined); // the first failure says more
      throw error;
    }
  }

  async function dueTimes(): Promise<readonly DueTime[]> {
    const known = await ledger.dueTimes();
    const names = new Set(known.map(({ rotation }) => rotation));
    const fresh = [...ground.bundles().keys()].filter((rotation) => !names.has(rotation));
    return [...fresh.map((rotation) => ({ rotation, at: 0 })), ...known].filter(({ rotation }) =>
      ground.bundles().has(rotation),
    );
  }

  return {
    async due(limit, signal) {
      while (!signal.aborted) {
        const times = await dueTimes();
        const now = clock.now();
        const due = times.filter(({ at }) => at <= now).map(({ rotation }) => ground.bundles().get(rotation)!);
        const claims = await claimDue(new Set(due), limit);
        if (claims.length > 0) return claims;
        const wait = Math.min(...times.map(({ at }) => at - now).filter((ms) => ms > 0), longestWait);
        await sleepOrWake(runtime, wait, signal);
      }
      return [];
    },
    async byName(rotation, { wait = 0, signal, onWait } = {}) {
      const until = runtime.monotonic() + wait;
      for (let pause = 25; ; pause = Math.min(pause * 2, 500)) {
        const lock = locks.tryLock(rotation);
        if (lock) return openClaim(rotation, lock, ground);
        if (runtime.monotonic() + pause > until || signal?.aborted) return undefined;
        if (pause === 25) onWait?.();
        await sleepOrWake(runtime, pause, signal);
      }
    },
    busy: async (rotations) => new Set(rotations.filter(locks.isLocked)),
  };
}

async function settleAll(claims: readonly Claim[]): Promise<void> {
  await Promise.all(claims.map((claim) => claim.settle()));
}

async function openClaim(rotation: string, lock: Lock, { ledger, clock }: Ground): Promise<Claim> {
  const losing = new AbortController();
  let state = await ledger.load(rotation).catch((error: unknown) => {
    lock.release();
    throw error;
  });
  clock.observe(state.clock);
  let settled = false;

  function isOurs(): boolean {
    return !settled && lock.valid();
  }

  function lose(): never {
    losing.abort();
    throw settled || lock.valid() ? fenced(rotation) : lockLost(lock.place);
  }

  async function append(records: readonly JournalRecord[], left: Settlement = {}): Promise<RotationState> {
    const stamp = clock.note();
    const entries = records.map((record) => ({ record, stamp }));
    const written = isOurs() ? await ledger.append(rotation, { ...left, entries, state }) : undefined;
    state = written ?? lose();
    return state;
  }

  async function settle(left: Settlement = {}): Promise<void> {
    const { records = [], attempts = [], next } = left;
    const isEmpty = records.length === 0 && attempts.length === 0 && next === undefined;
    try {
      if (!settled && !isEmpty) await append(records, left);
    } finally {
      settled = true;
      lock.release();
    }
  }

  try {
    const predecessor = state.attempt === undefined ? "none" : "dead";
    await append([{ type: "opened" }]);
    return {
      rotation,
      id: String(state.epoch),
      predecessor,
      lost: losing.signal,
      state: () => state,
      now: clock.now,
      append: (records) => append(records),
      async guard() {
        const epoch = await ledger.epoch(rotation);
        if (!isOurs() || epoch !== state.epoch) lose();
      },
      settle,
    };
  } catch (error) {
    await settle();
    throw error;
  }
}
