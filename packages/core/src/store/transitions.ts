/** What the larger records make of a state. Pure; instants in ms of rotation time. */
import { addMay, closed, union, withHeld, withLease, without, withMay, withPhase } from "./changes.ts";
import type { JournalRecord, SinkIdentity } from "./records.ts";
import { pendingWrites } from "./pending.ts";
import type { LeaseId, LeaseState, RotationState, SinkState } from "./state.ts";

const hour = 3_600_000;
/** How many gone leases are kept, so that an old value in a sink is still recognised. */
const remembered = 30;

/**
 * A sink that leaves the spec while an attempt is unfinished may hold that attempt's lease as well: when the state is older than the world, the write came
 * after it, and nobody will look at the sink again.
 */
export function withIdentities(
  { sinks, attempt, owed }: RotationState,
  identities: readonly SinkIdentity[],
): RotationState["sinks"] {
  const named = new Set(identities.map((sink) => sink.id));
  const unfinished = [attempt?.lease, owed?.lease].filter((lease) => lease !== undefined);
  const kept = Object.values(sinks)
    .filter((sink) => !named.has(sink.id))
    .map((sink): SinkState => ({
      ...sink,
      abandoned: true,
      may: sink.abandoned ? sink.may : union(sink.may, unfinished),
    }));
  const present = identities.map((identity): SinkState => {
    const { may = [], late: pending, made } = sinks[identity.id] ?? {};
    return { ...identity, may, ...(pending && { late: pending }), ...(made !== undefined && { made }) };
  });
  return Object.fromEntries([...kept, ...present].map((sink) => [sink.id, sink]));
}

/** A lease that is seen where the journal did not expect it counts as exposed, and the consumers may have it. */
export function observed(
  state: RotationState,
  { holdings, drift = {} }: Omit<Extract<JournalRecord, { type: "observed" }>, "type">,
  at: number,
): RotationState {
  let next = state;
  for (const [id, holding] of Object.entries(holdings)) {
    const surprise = holding in next.leases && !next.sinks[id]?.may.includes(holding);
    if (surprise)
      next = {
        ...withLease(next, holding, { exposed: true, lastDoubtAt: at }),
        consumers: union(next.consumers, [holding]),
      };
    next = withDrift(withHeld(next, id, { held: [holding], at }), id, drift[id]);
  }
  const foreign = Object.values(next.sinks).some((sink) => sink.may.includes("foreign"));
  if (foreign) return { ...next, foreignSince: next.foreignSince ?? at };
  return next.foreignSince !== undefined && next.settledAt > next.foreignSince ? without(next, "foreignSince") : next;
}

/** An older mark stays: it is believed only while what stands there is as it says. */
export function withMade(state: RotationState, id: string, made: string | undefined): RotationState {
  const sink = state.sinks[id];
  return sink && made !== undefined ? { ...state, sinks: { ...state.sinks, [id]: { ...sink, made } } } : state;
}

function withDrift(state: RotationState, id: string, drift: SinkState["drift"]): RotationState {
  const sink = state.sinks[id];
  return sink && drift ? { ...state, sinks: { ...state.sinks, [id]: { ...sink, drift } } } : state;
}

/** The instants of the hour before `at`. */
export function lastHour(instants: readonly number[], at: number): readonly number[] {
  return instants.filter((instant) => instant > at - hour);
}

/** A mint is about to be asked for: its lease is a ghost until an answer comes. */
export function intent(
  state: RotationState,
  { lease, why, early }: { lease: LeaseState; why: string; early?: boolean },
  at: number,
): RotationState {
  return {
    ...state,
    leases: { ...state.leases, [lease.id]: lease },
    attempt: { lease: lease.id, phase: "intent", startedAt: at, why },
    early: early ? [...lastHour(state.early, at), at] : lastHour(state.early, at),
  };
}

/** No lease came of it; with `unknownUntil` nobody knows, and its ghost may live until then. */
export function mintFailed(
  state: RotationState,
  id: LeaseId,
  { unknownUntil, at }: { unknownUntil: number | undefined; at: number },
): RotationState {
  if (unknownUntil === undefined)
    return closed(forget(withLease(notEarly(state), id, { phase: "gone", gone: "never" })));
  return closed(withLease(state, id, { expiresAt: unknownUntil, lastDoubtAt: at }));
}

/** Nothing was replaced after all. */
function notEarly(state: RotationState): RotationState {
  return { ...state, early: state.early.filter((at) => at !== state.attempt?.startedAt) };
}

/** How much later an end must be told to be a later one: answers take time, and round. ms */
const longer = 2_000;

/**
 * The same value again counts from now on. With a later end it was lengthened; with the same one it is `kept`. A sink that is not in the spec now may come back with
 * the lease in it: what is known of it there stays.
 */
export function merged(state: RotationState, record: Extract<JournalRecord, { type: "merged" }>): RotationState {
  const { lease, into, asOf, expiresAt, diesAt, period } = record;
  const before = state.leases[into];
  const sinkFingerprints = { ...before?.sinkFingerprints, ...record.sinkFingerprints };
  const gone = withLease(notEarly(state), lease, { phase: "gone", gone: "merged" });
  const next = withLease(gone, into, {
    phase: "live",
    ...(before && termsAgain(before, { asOf, expiresAt, diesAt })),
    ...(period !== undefined && { period }),
    sinkFingerprints,
  });
  return next.attempt ? { ...next, attempt: { ...next.attempt, lease: into, phase: "minted" } } : next;
}

function termsAgain(
  before: LeaseState,
  { asOf, expiresAt, diesAt }: { asOf: number; expiresAt: number | null; diesAt: number | undefined },
): Partial<LeaseState> {
  const ends = { asOf, expiresAt, ...(diesAt !== undefined && { diesAt }) };
  if (expiresAt === null) return { ...ends, kept: false, given: null, span: null };
  const given = before.given ?? 0;
  const lengthened = expiresAt > (before.expiresAt ?? 0) + Math.max(longer, given / 50);
  const life = Math.min(expiresAt, diesAt ?? Infinity) - asOf;
  return { ...ends, kept: !lengthened, given: Math.max(given, life), span: lengthened ? life : before.span };
}

/** These sinks were found to hold a lease that was not thought to be there. */
export function recognised(
  state: RotationState,
  { lease, sinks }: { lease: LeaseId; sinks: readonly string[] },
  at: number,
): RotationState {
  const seen = sinks.reduce((next, sink) => withHeld(next, sink, { held: [lease], at }), state);
  return {
    ...withLease(seen, lease, { exposed: true, lastDoubtAt: at }),
    consumers: union(seen.consumers, [lease]),
  };
}

/** The lease lives longer; `spent`: it does, and by too little to be renewed again. */
export function renewed(
  state: RotationState,
  record: Extract<JournalRecord, { type: "renewed" }>,
  at: number,
): RotationState {
  const { type: _, lease, spent = false, ...terms } = record;
  const next = withLease(state, lease, { ...terms, spent, kept: false });
  return spent ? next : { ...without(next, "failure"), lastSuccessAt: at };
}

/** From the first write on somebody may have it: in doubt until a later lease is settled. A sink that nobody could read yet holds what nobody can explain. */
export function committing(
  state: RotationState,
  { sink, lease }: { sink: string; lease: LeaseId },
  at: number,
): RotationState {
  const before = state.sinks[sink]?.may.length === 0 ? addMay(state, sink, "foreign") : state;
  const exposed = withLease(addMay(before, sink, lease), lease, { exposed: true, dropped: false, lastDoubtAt: at });
  return withPhase({ ...exposed, consumers: union(exposed.consumers, [lease]) }, "committing");
}

/** Nobody knows what became of a write: what it carried may stand there until `until`, whatever is seen or acknowledged before. */
export function late(
  state: RotationState,
  { sink: id, leases, until }: { sink: string; leases: readonly LeaseId[]; until: number },
  at: number,
): RotationState {
  const sink = state.sinks[id];
  if (!sink) return state;
  const others = pendingWrites(sink, at).filter(({ lease }) => !leases.includes(lease));
  const pending = [...others, ...leases.map((lease) => ({ lease, until }))];
  const next = withMay(state, id, union(sink.may, leases));
  return { ...next, sinks: { ...next.sinks, [id]: { ...next.sinks[id]!, late: pending } } };
}

/** A lease that nobody was given, and nobody wants. */
export function unexposed(state: RotationState, id: LeaseId): RotationState {
  const next = withLease(state, id, { exposed: false, dropped: true });
  return closed({ ...next, consumers: next.consumers.filter((lease) => lease !== id) });
}

/** Sinks and consumers hold this lease and nothing else, and nothing is owed. */
export function settled(
  state: RotationState,
  { lease, adopted, specHash }: { lease: LeaseId; adopted: boolean; specHash: string },
  at: number,
): RotationState {
  const clean = without(without(closed(without(state, "owed")), "failure"), "rolledBackTo");
  const rolledBack = state.owed?.rolledBack === true;
  return forget({
    ...clean,
    settled: lease,
    settledAt: at,
    adopted,
    specHash,
    consumers: [lease],
    ...(rolledBack ? { rolledBackTo: lease } : { lastSuccessAt: at }),
  });
}

/** Drops the oldest gone leases, except what a sink or a consumer may still hold. */
export function forget(state: RotationState): RotationState {
  if (Object.keys(state.leases).length <= remembered) return state;
  const pinned = new Set<string>([
    ...Object.values(state.sinks).flatMap((sink) => sink.may),
    ...state.consumers,
    ...(state.sessions ?? []),
    state.settled ?? "",
  ]);
  const droppable = Object.values(state.leases).filter((lease) => lease.phase === "gone" && !pinned.has(lease.id));
  if (droppable.length <= remembered) return state;
  const oldest = droppable.toSorted((a, b) => b.issuedAt - a.issuedAt).slice(remembered);
  const drop = new Set(oldest.map((lease) => lease.id));
  return { ...state, leases: Object.fromEntries(Object.entries(state.leases).filter(([id]) => !drop.has(id))) };
}
