import { closed, mapValues, union, withHeld, withLease, without, withPhase, addMay } from "./changes.ts";
import type { JournalRecord, Stamp } from "./records.ts";
import { postponed } from "./pending.ts";
import { announced, failedWith, type Revocation } from "./revocation.ts";
import { emptyState, type LeaseId, type OwedWork, type RotationState } from "./state.ts";
import {
  committing,
  forget,
  intent,
  lastHour,
  late,
  merged,
  mintFailed,
  observed,
  recognised,
  renewed,
  settled,
  unexposed,
  withIdentities,
  withMade,
} from "./transitions.ts";

type RecordOf<Type> = Extract<JournalRecord, { readonly type: Type }>;
/** What a record makes of a state. `at`: when it is written, rotation time in ms. */
type Transition<Type> = (state: RotationState, record: RecordOf<Type>, at: number) => RotationState;

/** The state after a record. Pure: the same records give the same state, in any process. */
export function reduce(state: RotationState, record: JournalRecord, stamp: Stamp): RotationState {
  const apply = transitions[record.type] as Transition<JournalRecord["type"]>;
  const next = apply(postponed(state, stamp), record, stamp.time);
  return { ...next, seq: state.seq + 1, clock: stamp.time < state.clock.time ? state.clock : stamp };
}

const keptArrivals = 20;

const transitions: { readonly [Type in JournalRecord["type"]]: Transition<Type> } = {
  opened: (state) => ({ ...state, epoch: state.epoch + 1 }),
  sinks: (state, { sinks }) => ({ ...state, sinks: withIdentities(state, sinks) }),
  observed: (state, record, at) => observed(state, record, at),
  intent,
  "mint-failed": (state, { lease, unknownUntil }, at) => mintFailed(state, lease, { unknownUntil, at }),
  minted: (state, { lease, terms }) => withPhase(withLease(state, lease, { phase: "live", ...terms }), "minted"),
  merged,
  recognised,
  renewed,
  phase: (state, { phase }) => withPhase(state, phase),
  dropped: (state, { lease }) => closed(withLease(state, lease, { dropped: true })),
  committing,
  committed: (state, { sink, lease, made }, at) => withMade(withHeld(state, sink, { held: [lease], at }), sink, made),
  late,
  spared: (state, { sinks }, at) =>
    Object.entries(sinks).reduce((next, [id, may]) => withHeld(next, id, { held: may, at }), state),
  unexposed: (state, { lease }) => unexposed(state, lease),
  undoing: (state, { sink, to }) =>
    withPhase(addMay(state, sink, to), state.attempt?.phase === "rolling-back" ? "rolling-back" : "undoing"),
  undone: (state, { sink, to }, at) => withHeld(state, sink, { held: [to], at }),
  doubt: (state, { lease }, at) => withLease(state, lease, { exposed: true, lastDoubtAt: at }),
  closed,
  mixed: (state, { lease, why }, at) =>
    owing(state, { kind: "publish", lease, why, since: state.owed?.since ?? at, written: [] }),
  published: (state, { lease, why, written, rolledBack }, at) =>
    owing(state, { kind: "reload", lease, why, since: at, written, ...(rolledBack && { rolledBack }) }),
  "rolling-back": (state, { to }, at) => ({
    ...without(state, "owed"),
    rolledBackTo: to,
    attempt: { lease: state.owed?.lease ?? to, phase: "rolling-back", startedAt: at, why: "rolled-back" },
  }),
  "reload-begin": (state, { notBefore }) =>
    withOwed(waitsFor(state, undefined), { tries: (state.owed?.tries ?? 0) + 1, notBefore }),
  waits: (state, { whom }) => waitsFor(state, whom),
  reloaded: (state) => withOwed(state, { reloaded: true }),
  settled,
  "reload-failed": (state, { error }) => withOwed(state, { error }),
  failed: (state, { failure, waste }, at) => ({
    ...state,
    failure,
    ...(waste && { waste: [...lastHour(state.waste, at), at] }),
  }),
  ejected: (state, _record, at) => ({ ...without(closed(without(state, "owed")), "failure"), ejectedAt: at }),
  readmitted: (state) => without(state, "ejectedAt"),
  revoking: (state, { lease, notBefore }) =>
    withLease(state, lease, { revocation: announced(revocationOf(state, lease), notBefore) }),
  "revoke-failed": (state, { lease, error, ...how }) =>
    withLease(state, lease, { revocation: failedWith(error, revocationOf(state, lease), how) }),
  gone: (state, { lease, how }) => forget(withLease(state, lease, { phase: "gone", gone: how })),
  found: (state, { lease, terms }, at) =>
    withLease(state, lease, { phase: "live", exposed: true, lastDoubtAt: at, ...terms }),
  pinned: (state, { lease }) => withLease(state, lease, { pinned: true, exposed: true }),
  lent: (state, { lease, to }) => withLease(state, lease, { exposed: true, lentTo: union(lentTo(state, lease), [to]) }),
  returned: (state, { lease, to }) =>
    withLease(state, lease, { lentTo: lentTo(state, lease).filter((each) => each !== to), keptFor: undefined }),
  kept: (state, { lease, error }) => withLease(state, lease, { keptFor: error }),
  served: (state, { lease }, at) => ({
    ...withLease(state, lease, { exposed: true, lastDoubtAt: at }),
    sessions: union(state.sessions ?? [], [lease]),
  }),
  released: (state, { lease }) => ({ ...state, sessions: (state.sessions ?? []).filter((id) => id !== lease) }),
  proved: (state, { lease, found }) => withLease(state, lease, found),
  disowned: (state) => ({
    ...state,
    leases: mapValues(state.leases, (lease) => (lease.phase === "gone" ? lease : { ...lease, foreign: true })),
  }),
  arriving: (state, { move: id, from: where }, since) => ({ ...state, away: { step: "arriving", id, where, since } }),
  leaving: (state, { move: id, to: where }, since) => ({ ...state, away: { step: "leaving", id, where, since } }),
  stayed: (state) => without(state, "away"),
  arrived: ({ name, epoch, arrivals = [] }, { move, state }) => ({
    ...without(state, "away"),
    name,
    epoch,
    arrivals: [...arrivals, move].slice(-keptArrivals),
  }),
  left: ({ name, epoch, arrivals }, { move: id, to: where }, since) => ({
    ...emptyState(name),
    epoch,
    ...(arrivals && { arrivals }),
    away: { step: "left", id, where, since },
  }),
};

function revocationOf({ leases }: RotationState, lease: LeaseId): Revocation | undefined {
  return leases[lease]?.revocation;
}

function lentTo({ leases }: RotationState, lease: LeaseId): readonly string[] {
  return leases[lease]?.lentTo ?? [];
}

/** The attempt ends with work left over. */
function owing(state: RotationState, work: Omit<OwedWork, "tries" | "notBefore">): RotationState {
  return { ...closed(state), owed: { ...work, tries: 0, notBefore: 0 } };
}

function waitsFor(state: RotationState, whom: string | undefined): RotationState {
  if (state.owed === undefined) return state;
  const { waitsFor: _before, ...owed } = state.owed;
  return { ...state, owed: { ...owed, ...(whom !== undefined && { waitsFor: whom }) } };
}

function withOwed(state: RotationState, change: Partial<OwedWork>): RotationState {
  return state.owed ? { ...state, owed: { ...state.owed, ...change } } : state;
}
