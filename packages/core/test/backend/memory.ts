/** A backend that lives as long as the process: for tests that explore many histories. */
import { randomBytes } from "node:crypto";
import { changeOf, newTo, type Backend, type Store } from "../../src/backend/backend.ts";
import { bundlesOf } from "../../src/loading/bundles.ts";
import { dueAfter } from "../../src/backend/claim.ts";
import { carryOver } from "../../src/backend/carry-over.ts";
import { createClaims, type Ground, type Ledger, type Lock, type Locks } from "../../src/local/claims.ts";
import type { AttemptReport, HistoryEvent } from "../../src/history-report.ts";
import type { StandingMark } from "../../src/report.ts";
import { fingerprintWith } from "../../src/store/fingerprint.ts";
import { reduce } from "../../src/store/reduce.ts";
import { emptyState, type RotationState } from "../../src/store/state.ts";

/** All that a backend keeps. */
export interface MemoryState extends Omit<Store, "changed">, Ledger, Locks {
  /** A copy of all states: what a backup would hold. */
  readonly snapshot: () => ReadonlyMap<string, RotationState>;
  readonly restore: (states: ReadonlyMap<string, RotationState>) => void;
  /** What was written, in order; undefined: all was put back to what it had been. */
  readonly writes: readonly (string | undefined)[];
  /** As if the processes that hold them had died. */
  readonly breakLocks: () => void;
  readonly isLocked: (rotation: string) => boolean;
  /** A process ends. */
  readonly end: (owner: string) => void;
}

/** Makes an empty MemoryState. */
export function createMemoryState(): MemoryState {
  let states = new Map<string, RotationState>();
  let attempts: readonly AttemptReport[] = [];
  let events: readonly HistoryEvent[] = [];
  let told = new Map<string, StandingMark | undefined>();
  const due = new Map<string, number>();
  const owners = new Map<string, string>();
  const living = new Set<string>();
  const notes = new Map<string, unknown>();
  const writes: (string | undefined)[] = [];

  function recordEvent(event: HistoryEvent): void {
    const own = events.filter(({ rotation }) => rotation === event.rotation).slice(0, 499);
    events = [event, ...events.filter((one) => one.rotation !== event.rotation || own.includes(one))];
  }

  return {
    load: async (rotation) => states.get(rotation) ?? emptyState(rotation),
    loadAll: async (rotations) => rotations.map((rotation) => states.get(rotation) ?? emptyState(rotation)),
    epoch: async (rotation) => states.get(rotation)?.epoch ?? 0,
    writes,
    names: async () => [...states.keys()].toSorted(),
    async open(rotation, { owner, isAlive, stampOf }) {
      if (isAlive(owners.get(rotation) ?? "")) return undefined;
      const known = states.get(rotation) ?? emptyState(rotation);
      const state = reduce(known, { type: "opened" }, stampOf(known));
      owners.set(rotation, owner);
      states.set(rotation, state);
      writes.push(rotation);
      return state;
    },
    async giveBack(rotation, epoch) {
      if (states.get(rotation)?.epoch === epoch) owners.delete(rotation);
    },
    owners: async (rotations) => new Map([...owners].filter(([rotation]) => rotations.includes(rotation))),
    async append(rotation, written) {
      const state = states.get(rotation) ?? emptyState(rotation);
      if (state.epoch !== written.state.epoch) return undefined;
      const next = written.entries.reduce((before, { record, stamp }) => reduce(before, record, stamp), state);
      states.set(rotation, next);
      writes.push(rotation);
      const records = written.entries.map(({ record }) => record);
      due.set(rotation, dueAfter({ ...written, records }) ?? due.get(rotation) ?? 0);
      if (written.ends) owners.delete(rotation);
      if (written.attempts) {
        const own = [...written.attempts.toReversed(), ...attempts].filter((one) => one.rotation === rotation);
        const others = attempts.filter((one) => one.rotation !== rotation);
        attempts = [...own.slice(0, 500), ...others].toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
      }
      return next;
    },
    dueTimes: async () =>
      [...states.keys()]
        .map((rotation) => ({ rotation, at: due.get(rotation) ?? 0 }))
        .toSorted((one, other) => (one.at < other.at ? -1 : 1)),
    attempts: async ({ rotation, limit }) =>
      attempts.filter((attempt) => rotation === undefined || attempt.rotation === rotation).slice(0, limit),
    recordEvent: async (event) => recordEvent(event),
    async tell(standings) {
      const changes = standings.flatMap((standing) => changeOf(told.get(standing.rotation), standing) ?? []);
      for (const change of changes) {
        told.set(change.rotation, change.after);
        recordEvent(change);
      }
      return changes;
    },
    events: async ({ rotation, limit }) =>
      events.filter((event) => rotation === undefined || event.rotation === rotation).slice(0, limit),
    own() {
      const owner = randomBytes(8).toString("hex");
      living.add(owner);
      return { owner, valid: () => living.has(owner), place: `lock ${owner}` };
    },
    isAlive: (owner) => living.has(owner),
    end: (owner) => void living.delete(owner),
    isLocked: (rotation) => living.has(owners.get(rotation) ?? ""),
    note: async (key) => notes.get(key),
    async changeNote(key, change) {
      const before = notes.get(key);
      const after = change(before);
      if (after !== undefined && after !== before) notes.set(key, structuredClone(after));
      return notes.get(key);
    },
    async rename(from, to) {
      const state = states.get(from);
      if (!state) return;
      states.delete(from);
      writes.push(from, to);
      states.set(to, { ...state, name: to });
      attempts = attempts.map((attempt) => (attempt.rotation === from ? { ...attempt, rotation: to } : attempt));
      events = events.map((event) => (event.rotation === from ? { ...event, rotation: to } : event));
      told = new Map([...told].map(([rotation, mark]) => [rotation === from ? to : rotation, mark]));
    },
    async remove(rotation) {
      states.delete(rotation);
      owners.delete(rotation);
      writes.push(rotation);
    },
    past: async (rotation) => ({
      attempts: attempts.filter((attempt) => attempt.rotation === rotation),
      events: events.filter((event) => event.rotation === rotation),
      told: told.get(rotation),
    }),
    async keepPast(rotation, past) {
      const known = events.filter((event) => event.rotation === rotation);
      for (const event of newTo(known, past)) recordEvent(event);
      const ids = new Set(attempts.map(({ id }) => id));
      attempts = [...past.attempts.filter(({ id }) => !ids.has(id)), ...attempts];
      if (past.told) told.set(rotation, past.told);
    },
    async dropPast(rotation) {
      attempts = attempts.filter((attempt) => attempt.rotation !== rotation);
      events = events.filter((event) => event.rotation !== rotation);
      told.delete(rotation);
    },
    snapshot: () => new Map(states),
    restore(copy) {
      states = new Map(copy);
      writes.push(undefined);
    },
    breakLocks: () => living.clear(),
  };
}

/** A process of its own over a state that others may use as well. */
export function openMemoryBackend(
  state: MemoryState,
  { clock, runtime }: Pick<Ground, "clock" | "runtime">,
  key: Buffer = randomBytes(32),
): Backend {
  let held: Lock | undefined;
  let bundles = bundlesOf([]);
  function own(): Lock {
    held = held?.valid() === true ? held : state.own();
    return held;
  }
  return {
    scope: "machine",
    place: "memory",
    store: { ...state, changed: changesIn(state) },
    claims: createClaims({ locks: { ...state, own }, ledger: state, clock, runtime, bundles: () => bundles }),
    fingerprint: fingerprintWith(key),
    clock,
    host: {},
    async publish({ rotations }) {
      bundles = bundlesOf(rotations);
      await carryOver(rotations, state);
    },
    close: async () => held && state.end(held.owner),
  };
}

function changesIn({ writes }: MemoryState): Store["changed"] {
  let from: number | undefined;
  return async () => {
    const since = from === undefined ? [undefined] : writes.slice(from);
    from = writes.length;
    const names = since.flatMap((name) => name ?? []);
    return names.length === since.length ? new Set(names) : undefined;
  };
}
