import { lockLost } from "./state-error.ts";
import { canWait, fenced, isMovedAway, movedAway, type Claim, type Claims, type Settlement } from "../backend/claim.ts";
import { reduce } from "../store/reduce.ts";
import { sleepOrWake, type Runtime } from "@rotate/runtime";
import type { RotationClock } from "../schedule/clock.ts";
import type { JournalRecord, Stamp } from "../store/records.ts";
import type { RotationState } from "../store/state.ts";

/** The lock of this process: while it lives, nobody else works on what it has claimed. */
export interface Lock {
  /** Names it in the state. */
  readonly owner: string;
  /** Is it still the one that others would see? False when its file was removed or replaced. */
  readonly valid: () => boolean;
  /** For people. */
  readonly place: string;
}

/** The locks of the processes that work on one state. */
export interface Locks {
  /** The lock of this process: taken when it is first asked for, and anew when it was lost. Throws EngineError when there can be none. */
  readonly own: () => Lock;
  /** Does the process live that has this lock? Takes nothing. */
  readonly isAlive: (owner: string) => boolean;
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
  /** The claim is given back with it. */
  readonly ends?: boolean;
}

/** Who begins to work on a rotation. */
export interface Opening {
  readonly owner: string;
  /** Of those who may have it. */
  readonly isAlive: Locks["isAlive"];
  /** Of the record that says so, by what the state knows of time. */
  readonly stampOf: (state: RotationState) => Stamp;
}

/** What claims write to. */
export interface Ledger {
  /** Makes it the owner's and journals that, in one step; the state that this makes. Undefined while another has it who lives. */
  readonly open: (rotation: string, opening: Opening) => Promise<RotationState | undefined>;
  /** Nobody's from now on, if it is still of this epoch. */
  readonly giveBack: (rotation: string, epoch: number) => Promise<void>;
  /** Whose these are, as far as they are somebody's, alive or not. */
  readonly owners: (rotations: readonly string[]) => Promise<ReadonlyMap<string, string>>;
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

/** Claims under a lock that ends with its process, by an owner and by an epoch that each of them raises: a write under an older one is refused. */
export function createClaims(ground: Ground): Claims {
  const { locks, ledger, clock, runtime } = ground;
  const held = new Set<string>();

  /** Undefined when it is somebody's, maybe this process's. */
  async function claim(rotation: string, away = false): Promise<Claim | undefined> {
    if (held.has(rotation)) return undefined;
    held.add(rotation);
    const onEnd = (): void => void held.delete(rotation);
    const opened = await openClaim(rotation, ground, { away, onEnd }).catch((error: unknown) => {
      onEnd();
      throw error;
    });
    if (opened === undefined) onEnd();
    return opened;
  }

  /** All of a bundle, or nothing: added to `taken` as soon as it is held. What is kept elsewhere keeps the others from nothing. */
  async function claimAll(bundle: readonly string[], taken: Claim[]): Promise<void> {
    const before = taken.length;
    let wanted = bundle.length;
    for (const rotation of bundle) {
      try {
        const opened = await claim(rotation);
        if (opened) taken.push(opened);
      } catch (error) {
        if (!isMovedAway(error)) throw error;
        wanted -= 1;
      }
    }
    if (taken.length - before < wanted) await settleAll(taken.splice(before));
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
    async byName(rotation, { wait = 0, signal, onWait, away } = {}) {
      const until = runtime.monotonic() + wait;
      for (let pause = 25; ; pause = Math.min(pause * 2, 500)) {
        const opened = await claim(rotation, away);
        if (opened) return opened;
        if (runtime.monotonic() + pause > until || signal?.aborted) return undefined;
        if (pause === 25) onWait?.();
        await sleepOrWake(runtime, pause, signal);
      }
    },
    async busy(rotations) {
      const owners = await ledger.owners(rotations);
      const living = new Map([...new Set(owners.values())].map((owner) => [owner, locks.isAlive(owner)]));
      const isBusy = (rotation: string): boolean => living.get(owners.get(rotation) ?? "") === true;
      return new Set(rotations.filter((rotation) => held.has(rotation) || isBusy(rotation)));
    },
  };
}

async function settleAll(claims: readonly Claim[]): Promise<void> {
  await Promise.all(claims.map((claim) => claim.settle()));
}

interface OpeningClaim {
  /** Also one that is kept elsewhere. */
  readonly away: boolean;
  /** It is given back. */
  readonly onEnd: () => void;
}

/** Undefined while another has it. */
async function openClaim(
  rotation: string,
  { locks, ledger, clock }: Ground,
  { away, onEnd }: OpeningClaim,
): Promise<Claim | undefined> {
  const lock = locks.own();
  const opened = await ledger.open(rotation, {
    owner: lock.owner,
    isAlive: (owner) => owner !== lock.owner && locks.isAlive(owner), // what is ours and not held could not be given back
    stampOf(known) {
      if (known.away !== undefined && !away) throw movedAway(rotation, known.away);
      clock.observe(known.clock);
      return clock.note();
    },
  });
  if (opened === undefined) return undefined;
  const losing = new AbortController();
  let state = opened;
  let kept = opened;
  let waiting: readonly Entry[] = [];
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
    if (!canWait(records)) return write(entries);
    if (!isOurs()) lose();
    waiting = [...waiting, ...entries];
    state = records.reduce((before, record) => reduce(before, record, stamp), state);
    return state;
  }

  /** What waited goes first. */
  async function write(entries: readonly Entry[], left: Partial<Written> = {}): Promise<RotationState> {
    const all = [...waiting, ...entries];
    const written = isOurs() ? await ledger.append(rotation, { ...left, entries: all, state: kept }) : undefined;
    kept = written ?? lose();
    waiting = [];
    state = kept;
    return state;
  }

  async function settle({ records = [], attempts = [], next }: Settlement = {}): Promise<void> {
    if (settled) return;
    const stamp = clock.note();
    const entries = records.map((record) => ({ record, stamp }));
    const isEmpty = waiting.length + records.length + attempts.length === 0 && next === undefined;
    let isBack = false;
    try {
      if (!isEmpty) await write(entries, { attempts, ends: true, ...(next !== undefined && { next }) });
      isBack = !isEmpty;
    } finally {
      settled = true;
      // Where this fails too it is free for this process, and for others when this one ends.
      if (!isBack) await ledger.giveBack(rotation, kept.epoch).catch(() => undefined);
      onEnd();
    }
  }

  return {
    rotation,
    id: String(state.epoch),
    predecessor: state.attempt === undefined ? "none" : "dead",
    lost: losing.signal,
    state: () => state,
    now: clock.now,
    append,
    async guard() {
      const epoch = await ledger.epoch(rotation);
      if (!isOurs() || epoch !== state.epoch) lose();
    },
    settle,
  };
}
