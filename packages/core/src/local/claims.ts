import { lockLost } from "./state-error.ts";
import { fenced, type Claim, type Claims } from "../backend/claim.ts";
import type { Runtime } from "@rotate/runtime";
import type { RotationClock } from "../schedule/clock.ts";
import type { AttemptReport } from "../report.ts";
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

/** What a claim writes at once. */
export interface Written {
  readonly entries: readonly Entry[];
  /** As the claim knows it. */
  readonly state: RotationState;
}

/** What claims write to. */
export interface Ledger {
  readonly load: (rotation: string) => Promise<RotationState>;
  /** All or none; the state that they make. Undefined, and nothing is written, when the state there is of another epoch. */
  readonly append: (rotation: string, written: Written) => Promise<RotationState | undefined>;
  readonly recordAttempt: (attempt: AttemptReport) => Promise<void>;
}

/** What the claims of one machine are made of. */
export interface Ground {
  readonly locks: Locks;
  readonly ledger: Ledger;
  readonly clock: RotationClock;
  readonly runtime: Pick<Runtime, "monotonic" | "sleep">;
}

/** Claims by locks that end with their process, and by an epoch that each of them raises: a write under an older one is refused. */
export function createClaims(ground: Ground): Claims {
  const { locks, runtime } = ground;
  return {
    async byName(rotation, { wait = 0, signal, onWait } = {}) {
      const until = runtime.monotonic() + wait;
      for (let pause = 25; ; pause = Math.min(pause * 2, 500)) {
        const lock = locks.tryLock(rotation);
        if (lock) return openClaim(rotation, lock, ground);
        if (runtime.monotonic() + pause > until || signal?.aborted) return undefined;
        if (pause === 25) onWait?.();
        await runtime.sleep(pause, signal).catch(() => undefined);
      }
    },
    busy: async (rotations) => new Set(rotations.filter(locks.isLocked)),
  };
}

async function openClaim(rotation: string, lock: Lock, { ledger, clock }: Ground): Promise<Claim> {
  const losing = new AbortController();
  let state = await ledger.load(rotation);
  clock.observe(state.clock);
  let settled = false;

  function isOurs(): boolean {
    return !settled && lock.valid();
  }

  function lose(): never {
    losing.abort();
    throw settled || lock.valid() ? fenced(rotation) : lockLost(lock.place);
  }

  async function append(records: readonly JournalRecord[]): Promise<RotationState> {
    const stamp = clock.note();
    const entries = records.map((record) => ({ record, stamp }));
    const written = isOurs() ? await ledger.append(rotation, { entries, state }) : undefined;
    state = written ?? lose();
    return state;
  }

  async function settle(): Promise<void> {
    settled = true;
    lock.release();
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
      append,
      record: ledger.recordAttempt,
      async guard() {
        const { epoch } = await ledger.load(rotation);
        if (!isOurs() || epoch !== state.epoch) lose();
      },
      settle,
    };
  } catch (error) {
    await settle();
    throw error;
  }
}
