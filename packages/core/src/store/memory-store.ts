import { EngineError } from "../engine-error.ts";
import type { AttemptReport } from "../report.ts";
import type { ClockNote } from "../schedule/clock.ts";
import { reduce } from "./reduce.ts";
import { emptyState, type RotationState } from "./state.ts";
import type { Lock, Store } from "./store.ts";

/** A store that lives as long as the process: for tests that explore many histories. */
export interface MemoryStore extends Store {
  /** A copy of all states: what a backup would hold. */
  readonly snapshot: () => ReadonlyMap<string, RotationState>;
  readonly restore: (states: ReadonlyMap<string, RotationState>) => void;
  /** As if the process that holds them had died. */
  readonly breakLocks: () => void;
}

/** Makes an empty MemoryStore. */
export function createMemoryStore(): MemoryStore {
  let states = new Map<string, RotationState>();
  const meta = new Map<string, string>();
  let runs: readonly number[] = [];
  let clock: ClockNote | undefined;
  const attempts: AttemptReport[] = [];
  const locks = new Map<string, symbol>();

  function tryLock(rotation: string): Lock | undefined {
    if (locks.has(rotation)) return undefined;
    const token = Symbol(rotation);
    locks.set(rotation, token);
    return {
      valid: () => locks.get(rotation) === token,
      release: () => void (locks.get(rotation) === token && locks.delete(rotation)),
    };
  }

  return {
    load: async (rotation) => states.get(rotation) ?? emptyState(rotation),
    names: async () => [...states.keys()].toSorted(),
    async append(rotation, { record, epoch, stamp }) {
      const state = states.get(rotation) ?? emptyState(rotation);
      if (record.type !== "opened" && state.epoch !== epoch) throw fenced(rotation);
      const next = reduce(state, record, stamp);
      states.set(rotation, next);
      return next;
    },
    recordAttempt: async (report) => void attempts.unshift(report),
    attempts: async ({ rotation, limit }) =>
      attempts.filter((attempt) => rotation === undefined || attempt.rotation === rotation).slice(0, limit),
    tryLock: async (rotation) => tryLock(rotation),
    async rename(from, to) {
      const state = states.get(from);
      if (!state) return;
      states.delete(from);
      states.set(to, { ...state, name: to });
    },
    remove: async (rotation) => void states.delete(rotation),
    getMeta: async (key) => meta.get(key),
    setMeta: async (key, value) => void meta.set(key, value),
    recentRuns: async () => runs,
    noteRuns: async (noted) => void (runs = noted),
    clockNote: async () => clock,
    noteClock: async (note) => void (clock = note),
    close: async () => {},
    snapshot: () => new Map(states),
    restore: (copy) => void (states = new Map(copy)),
    breakLocks: () => locks.clear(),
  };
}

/** Another process has taken the rotation over: this one must stop dead. */
export function fenced(rotation: string): EngineError {
  return new EngineError(`another process has taken over rotation ${rotation}`, {
    code: "ROTATE_STATE_FENCED",
    exitCode: 5,
    hint: "was the state directory cleaned while rotate was running? Keep tmp cleaners away from it",
  });
}
