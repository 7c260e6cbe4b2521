/** What the state knows of one rotation. Plain JSON, no secrets: a journal record changes it (reduce.ts), the store keeps it. Instants are ms of rotation time (schedule/clock.ts). */
import type { Away } from "./away.ts";
import type { ClockNote } from "../schedule/clock.ts";
import type { FailureKind } from "../schedule/backoff.ts";
import type { Revocation } from "./revocation.ts";

/** Ours, not the issuer's: made before the mint, `[a-z0-9-]`, 24 characters. */
export type LeaseId = string;
/** What a sink was seen to hold: a lease of ours, `foreign` (a value that we cannot explain) or `absent`. */
export type Holding = LeaseId;

/** Keyed fingerprints of the rendered values, by destination key. */
export type SinkFingerprints = Readonly<Record<string, string>>;

/** What is known of one lease. */
export interface LeaseState {
  readonly id: LeaseId;
  /** ghost: the answer to its mint was lost or not yet there. */
  readonly phase: "ghost" | "live" | "gone";
  readonly gone?: "revoked" | "expired" | "merged" | "never" | "forgotten";
  /** A sink or a consumer may have had it: set before the first write. */
  readonly exposed: boolean;
  /** Never exposed, and the process that minted it said that it is not wanted. */
  readonly dropped: boolean;
  /** When we last could not tell who holds it. */
  readonly lastDoubtAt: number;
  /** When it was asked for: for grace and history. Schedules count from `asOf`. */
  readonly issuedAt: number;
  /** When its present terms were told: the mint, the last renewal, the last time that the same value was seen again. */
  readonly asOf: number;
  /** The whole life given at the mint, ms; no renewal changes it. Null: never-ending. */
  readonly given: number | null;
  /** The life told at the last lengthening, ms. Null: never-ending. */
  readonly span: number | null;
  /** The issuer gave it again with the same end: nothing better is to be had before. */
  readonly kept?: boolean;
  /** Its last renewal gave too little: due until it is replaced. */
  readonly spent?: boolean;
  /** The issuer's own period, ms. */
  readonly period?: number;
  /** Null: never by itself. For a ghost: until when it may live. */
  readonly expiresAt: number | null;
  readonly handle?: unknown;
  readonly renewable: boolean;
  /** The end of the login that it dies with. */
  readonly diesAt?: number;
  /** The end of what its provider logs in with. */
  readonly refreshBy?: number;
  /** The issuer's own time at `asOf`, ms since 1970, when it told. */
  readonly told?: number;
  /** When it was last found to be alive, by a look of ours. */
  readonly provedAt?: number;
  /** It was found not to work. It may live all the same: that is the issuer's to say. */
  readonly dead?: boolean;
  /** A look could not tell: not before this is it asked again. */
  readonly askAgainAt?: number;
  /** Of all fields together. */
  readonly fingerprint: string;
  readonly sinkFingerprints: Readonly<Record<string, SinkFingerprints>>;
  /** 0 ≤ x < 1, drawn once: the place of its refresh time within the jitter. */
  readonly jitter: number;
  /** Which provider entry made it. */
  readonly provider: string;
  /** Printed by `rotate credential` to an unknown holder, or a process that may only be stopped could still write it: pinned to its expiry. */
  readonly pinned?: boolean;
  /** Commands that were given it and are not known to be gone, each by a word of its own. One whose supervisor was killed stays: pinned to the expiry. */
  readonly lentTo?: readonly string[];
  /** Why a command that has it was not replaced by one with a newer one. */
  readonly keptFor?: KeptError | undefined;
  /** Made by another machine's state: never revoked by us. */
  readonly foreign?: boolean;
  readonly revocation?: Revocation;
}

/** What is known of one sink, also of one that the spec has no more. */
export interface SinkState {
  /** A hash of type, canonical target and keys. */
  readonly id: string;
  readonly type: string;
  readonly target: string;
  readonly keys: readonly string[];
  readonly canRead: boolean;
  /** What it may hold. */
  readonly may: readonly Holding[];
  /** No longer in the spec: what it may hold stays pinned until it expires. */
  readonly abandoned?: boolean;
  /** Which of its keys were not as written at the last look. */
  readonly drift?: SinkDrift;
  /** Writes whose answer was lost, and which may still land. Absent: none. */
  readonly late?: readonly LateWrite[];
  /** What the part told of what it made there last: compared with what stands there before it is believed. */
  readonly made?: string;
}

/** A write that nobody knows the end of: until then the sink may hold its lease, whatever is seen or acknowledged there. */
export interface LateWrite {
  readonly lease: LeaseId;
  readonly until: number;
}

/** How a sink differs from what was written to it, by destination key. */
export interface SinkDrift {
  readonly absent: readonly string[];
  readonly changed: readonly string[];
}

/** How far an attempt came, as far as it matters after a crash. */
export type AttemptPhase = "intent" | "minted" | "verified" | "prepared" | "committing" | "undoing" | "rolling-back";

/** An attempt that is under way; of a dead process, until the next one recovers. */
export interface AttemptState {
  readonly lease: LeaseId;
  readonly phase: AttemptPhase;
  readonly startedAt: number;
  readonly why: string;
}

/** A write as an owed reload must be told of it. */
export interface WrittenSink {
  readonly type: string;
  readonly target: string;
  readonly keys: readonly string[];
}

/** What an attempt left to be done, and its backoff. Durable: the next process takes it up. */
export interface OwedWork {
  /** publish: the sinks are mixed; reload: published, and not yet shown to work. */
  readonly kind: "publish" | "reload";
  readonly lease: LeaseId;
  readonly since: number;
  readonly tries: number;
  readonly notBefore: number;
  readonly why: string;
  readonly written: readonly WrittenSink[];
  readonly rolledBack?: boolean;
  /** Every reload succeeded; only the health of a consumer that was ill before is missing. */
  readonly reloaded?: boolean;
  /** What its last try failed of. */
  readonly error?: KeptError;
  /** Who of its group has the turn that it waits for. */
  readonly waitsFor?: string;
}

/** An error as the state keeps it, for those who ask later. */
export interface KeptError {
  readonly at: number;
  readonly phase: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly retryable: boolean;
}

/** The last attempt that came to nothing, with its backoff. What a gate held back is no failure. */
export interface FailureState extends KeptError {
  /** The first of the row. */
  readonly since: number;
  readonly kind: FailureKind;
  /** In a row. */
  readonly count: number;
  /** No new attempt before it. */
  readonly notBefore: number;
  /** The spec's hash then: another spec voids the backoff. */
  readonly specHash: string;
  /** When it was last tried before its time. */
  readonly wokenAt: number;
  /** Only a person can help: not tried again until asked, or what it logs in with changes. */
  readonly person?: boolean;
  /** A mark of what it logged in and asked with, after the attempt: with another it is tried again at once. Absent: nothing of it stands on this machine. */
  readonly sources?: string;
}

/** All that is kept of one rotation. */
export interface RotationState {
  readonly name: string;
  /** Raised by every holder of the lock; a write under an older one is refused. */
  readonly epoch: number;
  /** How many records made it; 0: it was never run. */
  readonly seq: number;
  readonly leases: Readonly<Record<LeaseId, LeaseState>>;
  readonly sinks: Readonly<Record<string, SinkState>>;
  /** What the consumers may hold. Shrinks only when settled. */
  readonly consumers: readonly LeaseId[];
  /** What sessions through endpoints may use. Shrinks when the last of a lease has closed. Absent: nothing. */
  readonly sessions?: readonly LeaseId[];
  readonly settled?: LeaseId;
  readonly settledAt: number;
  /** Did the last `settled` show that the consumers took the lease over? */
  readonly adopted: boolean;
  /** The spec's hash at the last `settled`. */
  readonly specHash?: string;
  readonly attempt?: AttemptState;
  readonly owed?: OwedWork;
  readonly failure?: FailureState;
  /** A sink held a value that we cannot explain since then. */
  readonly foreignSince?: number;
  /** Instants of the last hour's mints that were worth nothing: outcome unknown, or minted and dropped. */
  readonly waste: readonly number[];
  /** Instants of the last hour's mints that replaced a lease with time left, and not by its schedule. */
  readonly early: readonly number[];
  /** Let go by a person: nobody rotates it until asked by name. */
  readonly ejectedAt?: number;
  /** The lease that a roll-back put in place: it is not rolled back to twice. */
  readonly rolledBackTo?: LeaseId;
  readonly lastSuccessAt?: number;
  readonly away?: Away;
  /** The moves that brought it here, the last ones. */
  readonly arrivals?: readonly string[];
  /** What was known of time at the last record. */
  readonly clock: ClockNote;
}

/** A rotation that was never run. */
export function emptyState(name: string): RotationState {
  return {
    name,
    epoch: 0,
    seq: 0,
    leases: {},
    sinks: {},
    consumers: [],
    settledAt: 0,
    adopted: false,
    waste: [],
    early: [],
    clock: { time: 0, wall: 0, told: 0, uptime: 0, bootId: "" },
  };
}

/** Every lease that a sink of the spec or a consumer may hold: deadlines and alarms go by these. */
export function heldLeases(state: RotationState): readonly LeaseId[] {
  const known = held.get(state) ?? leasesIn(state, (sink) => sink.abandoned !== true);
  held.set(state, known);
  return known;
}

/** A state never changes: it is asked for a dozen times at each look. */
const held = new WeakMap<RotationState, readonly LeaseId[]>();

/** The same with the sinks that were taken out of the spec, and with what sessions use: none of these is revoked. */
export function pinnedLeases(state: RotationState): readonly LeaseId[] {
  const used = (state.sessions ?? []).filter((id) => id in state.leases);
  return [...new Set([...everHeld(state), ...used])];
}

function everHeld(state: RotationState): readonly LeaseId[] {
  return leasesIn(state, () => true);
}

function leasesIn(state: RotationState, counts: (sink: SinkState) => boolean): readonly LeaseId[] {
  const found = new Set<LeaseId>();
  const add = (id: string): void => void (id in state.leases && found.add(id));
  for (const sink of Object.values(state.sinks)) if (counts(sink)) sink.may.forEach(add);
  state.consumers.forEach(add);
  return [...found];
}

/** Do all sinks that are in the spec hold exactly this lease? */
export function allHold(state: RotationState, sinkIds: readonly string[], lease: LeaseId | undefined): boolean {
  if (lease === undefined) return false;
  return sinkIds.every((id) => {
    const may = state.sinks[id]?.may ?? [];
    return may.length === 1 && may[0] === lease;
  });
}

/** Is this what all sinks of the spec hold, and the consumers too, with nothing owed? */
export function isSettledEverywhere(state: RotationState, sinkIds: readonly string[], lease: LeaseId): boolean {
  const { settled, consumers, owed } = state;
  return (
    settled === lease && consumers.length === 1 && consumers[0] === lease && !owed && allHold(state, sinkIds, lease)
  );
}

/** Has this rotation written the sink before? */
export function hasWritten(state: RotationState, sink: string): boolean {
  return Object.values(state.leases).some((lease) => lease.exposed && sink in lease.sinkFingerprints);
}

/** Does somebody have it who may use it to its end? Until then it is never revoked. */
export function isGivenOut({ pinned, lentTo = [] }: Pick<LeaseState, "pinned" | "lentTo">): boolean {
  return pinned === true || lentTo.length > 0;
}

/** Why a command still works with an earlier credential than the one that is settled; undefined when none does for a failure. */
export function behind(state: RotationState): KeptError | undefined {
  const kept = liveLeases(state).filter(({ id, keptFor }) => keptFor !== undefined && id !== state.settled);
  return kept[0]?.keptFor;
}

/** Leases that live upstream, as far as we know, ghosts included. */
export function liveLeases(state: RotationState): readonly LeaseState[] {
  const known = live.get(state) ?? Object.values(state.leases).filter((lease) => lease.phase !== "gone");
  live.set(state, known);
  return known;
}

const live = new WeakMap<RotationState, readonly LeaseState[]>();
