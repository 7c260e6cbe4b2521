import type { JournalRecord, SinkIdentity, Stamp } from "./records.ts";
import type { Holding, LeaseId, LeaseState, RotationState, SinkState } from "./state.ts";

const hour = 3_600_000;
/** Gone leases are kept this long, so that an old value in a sink is still recognised. */
const remembered = 30;

/** The state after a record. Pure: the same records give the same state, in any process. */
export function reduce(state: RotationState, record: JournalRecord, stamp: Stamp): RotationState {
  const next = apply(state, record, stamp);
  const { at: highest, uptime, bootId } = stamp;
  const older = highest < state.clock.highest && record.type !== "clock-corrected";
  return { ...next, seq: state.seq + 1, clock: older ? state.clock : { highest, uptime, bootId } };
}

function apply(state: RotationState, record: JournalRecord, stamp: Stamp): RotationState {
  const { at } = stamp;
  switch (record.type) {
    case "opened":
      return { ...state, epoch: state.epoch + 1 };
    case "sinks":
      return { ...state, sinks: withIdentities(state, record.sinks) };
    case "observed":
      return observed(state, record.holdings, at);
    case "intent":
      return intent(state, record, at);
    case "mint-failed":
      return mintFailed(state, record.lease, { unknownUntil: record.unknownUntil, at });
    case "minted":
      return withPhase(withLease(state, record.lease, { phase: "live", ...record.terms }), "minted");
    case "merged":
      return merged(state, record);
    case "recognised":
      return recognised(state, record, at);
    case "renewed":
      return renewed(state, record, at);
    case "phase":
      return withPhase(state, record.phase);
    case "dropped":
      return closed(withLease(state, record.lease, { dropped: true }));
    case "committing":
      return committing(state, record, at);
    case "committed":
    case "undone":
      return withMay(state, record.sink, [record.type === "committed" ? record.lease : record.to]);
    case "unexposed":
      return unexposed(state, record.lease);
    case "undoing":
      return withPhase(
        addMay(state, record.sink, record.to),
        state.attempt?.phase === "rolling-back" ? "rolling-back" : "undoing",
      );
    case "doubt":
      return withLease(state, record.lease, { exposed: true, lastDoubtAt: at });
    case "closed":
      return closed(state);
    case "mixed":
      return {
        ...closed(state),
        owed: {
          kind: "publish",
          lease: record.lease,
          since: owedSince(state, at),
          tries: 0,
          notBefore: 0,
          why: record.why,
          written: [],
        },
      };
    case "published":
      return {
        ...closed(state),
        owed: {
          kind: "reload",
          lease: record.lease,
          since: at,
          tries: 0,
          notBefore: 0,
          why: record.why,
          written: record.written,
          ...(record.rolledBack && { rolledBack: true }),
        },
      };
    case "rolling-back":
      return {
        ...withoutOwed(state),
        rolledBackTo: record.to,
        attempt: { lease: state.owed?.lease ?? record.to, phase: "rolling-back", startedAt: at, why: "rolled-back" },
      };
    case "reload-begin":
      return state.owed
        ? { ...state, owed: { ...state.owed, tries: state.owed.tries + 1, notBefore: record.notBefore } }
        : state;
    case "reloaded":
      return state.owed ? { ...state, owed: { ...state.owed, reloaded: true } } : state;
    case "settled":
      return settled(state, record, at);
    case "failed":
      return { ...state, failure: record.failure };
    case "recovered":
      return without(state, "failure");
    case "revoking":
      return withRevocation(state, record.lease, { notBefore: record.notBefore });
    case "revoke-failed":
      return withRevocation(state, record.lease, { notBefore: record.notBefore, error: record.error });
    case "gone":
      return forget(withLease(state, record.lease, { phase: "gone", gone: record.how }));
    case "found":
      return withLease(state, record.lease, { phase: "live", exposed: true, lastDoubtAt: at, ...record.terms });
    case "pinned":
      return withLease(state, record.lease, { pinned: true, exposed: true });
    case "disowned":
      return {
        ...state,
        leases: mapValues(state.leases, (lease) => (lease.phase === "gone" ? lease : { ...lease, foreign: true })),
      };
    case "orphaned":
      return record.orphaned ? { ...state, orphaned: true } : without(state, "orphaned");
    case "clock-corrected":
      return state;
  }
}

type OptionalKey = "attempt" | "owed" | "failure" | "foreignSince" | "rolledBackTo" | "orphaned";

function without(state: RotationState, key: OptionalKey): RotationState {
  const { [key]: _, ...rest } = state;
  return rest;
}

function withoutOwed(state: RotationState): RotationState {
  return without(state, "owed");
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Readonly<Record<string, U>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function closed(state: RotationState): RotationState {
  return without(state, "attempt");
}

function owedSince(state: RotationState, at: number): number {
  return state.owed?.since ?? at;
}

function withLease(state: RotationState, id: LeaseId, change: Partial<LeaseState>): RotationState {
  const lease = state.leases[id];
  return lease ? { ...state, leases: { ...state.leases, [id]: { ...lease, ...change } } } : state;
}

function withPhase(state: RotationState, phase: NonNullable<RotationState["attempt"]>["phase"]): RotationState {
  return state.attempt ? { ...state, attempt: { ...state.attempt, phase } } : state;
}

function withMay(state: RotationState, id: string, may: readonly Holding[]): RotationState {
  const sink = state.sinks[id];
  return sink ? { ...state, sinks: { ...state.sinks, [id]: { ...sink, may } } } : state;
}

function addMay(state: RotationState, id: string, holding: Holding): RotationState {
  return withMay(state, id, union(state.sinks[id]?.may ?? [], [holding]));
}

function union<T>(a: readonly T[], b: readonly T[]): readonly T[] {
  return [...new Set([...a, ...b])];
}

/**
 * A sink that leaves the spec while an attempt is unfinished may hold that attempt's lease as well: when the state is older than the world, the write came
 * after it, and nobody will look at the sink again.
 */
function withIdentities(
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
  const present = identities.map((identity): SinkState => ({ ...identity, may: sinks[identity.id]?.may ?? [] }));
  return Object.fromEntries([...kept, ...present].map((sink) => [sink.id, sink]));
}

/** A lease that is seen where the journal did not expect it counts as exposed, and the consumers may have it. */
function observed(state: RotationState, holdings: Readonly<Record<string, Holding>>, at: number): RotationState {
  let next = state;
  for (const [id, holding] of Object.entries(holdings)) {
    const surprise = holding in next.leases && !next.sinks[id]?.may.includes(holding);
    if (surprise)
      next = {
        ...withLease(next, holding, { exposed: true, lastDoubtAt: at }),
        consumers: union(next.consumers, [holding]),
      };
    next = withMay(next, id, [holding]);
  }
  const foreign = Object.values(next.sinks).some((sink) => sink.may.includes("foreign"));
  if (foreign) return { ...next, foreignSince: next.foreignSince ?? at };
  return next.foreignSince !== undefined && next.settledAt > next.foreignSince ? without(next, "foreignSince") : next;
}

function intent(state: RotationState, { lease, why }: { lease: LeaseState; why: string }, at: number): RotationState {
  return {
    ...state,
    leases: { ...state.leases, [lease.id]: lease },
    attempt: { lease: lease.id, phase: "intent", startedAt: at, why },
    mints: [...state.mints.filter((mint) => mint > at - hour), at],
  };
}

function mintFailed(
  state: RotationState,
  id: LeaseId,
  { unknownUntil, at }: { unknownUntil: number | undefined; at: number },
): RotationState {
  if (unknownUntil === undefined) return closed(forget(withLease(state, id, { phase: "gone", gone: "never" })));
  return closed(withLease(state, id, { expiresAt: unknownUntil, lastDoubtAt: at }));
}

function merged(state: RotationState, record: Extract<JournalRecord, { type: "merged" }>): RotationState {
  const { lease, into, expiresAt, sinkFingerprints } = record;
  const gone = withLease(state, lease, { phase: "gone", gone: "merged" });
  const next = withLease(gone, into, { phase: "live", expiresAt, sinkFingerprints });
  return next.attempt ? { ...next, attempt: { ...next.attempt, lease: into, phase: "minted" } } : next;
}

function recognised(
  state: RotationState,
  { lease, sinks }: { lease: LeaseId; sinks: readonly string[] },
  at: number,
): RotationState {
  const seen = sinks.reduce((next, sink) => withMay(next, sink, [lease]), state);
  return {
    ...withLease(seen, lease, { exposed: true, lastDoubtAt: at }),
    consumers: union(seen.consumers, [lease]),
  };
}

function renewed(state: RotationState, record: Extract<JournalRecord, { type: "renewed" }>, at: number): RotationState {
  const { type: _, lease, ...terms } = record;
  return { ...without(withLease(state, lease, terms), "failure"), lastSuccessAt: at };
}

/** From the first write on somebody may have it: in doubt until a later lease is settled. A sink that nobody could read yet holds what nobody can explain. */
function committing(
  state: RotationState,
  { sink, lease }: { sink: string; lease: LeaseId },
  at: number,
): RotationState {
  const before = state.sinks[sink]?.may.length === 0 ? addMay(state, sink, "foreign") : state;
  const exposed = withLease(addMay(before, sink, lease), lease, { exposed: true, dropped: false, lastDoubtAt: at });
  return withPhase({ ...exposed, consumers: union(exposed.consumers, [lease]) }, "committing");
}

function unexposed(state: RotationState, id: LeaseId): RotationState {
  const next = withLease(state, id, { exposed: false, dropped: true });
  return closed({ ...next, consumers: next.consumers.filter((lease) => lease !== id) });
}

function settled(
  state: RotationState,
  { lease, adopted, specHash }: { lease: LeaseId; adopted: boolean; specHash: string },
  at: number,
): RotationState {
  const clean = without(without(closed(withoutOwed(state)), "failure"), "rolledBackTo");
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

function withRevocation(
  state: RotationState,
  id: LeaseId,
  change: { notBefore: number; error?: string },
): RotationState {
  const tries = state.leases[id]?.revocation?.tries ?? 0;
  return withLease(state, id, { revocation: { ...change, tries: change.error === undefined ? tries + 1 : tries } });
}

/** Drops the oldest gone leases, except what a sink or a consumer may still hold. */
function forget(state: RotationState): RotationState {
  const pinned = new Set<string>([
    ...Object.values(state.sinks).flatMap((sink) => sink.may),
    ...state.consumers,
    state.settled ?? "",
  ]);
  const droppable = Object.values(state.leases)
    .filter((lease) => lease.phase === "gone" && !pinned.has(lease.id))
    .toSorted((a, b) => b.issuedAt - a.issuedAt)
    .slice(remembered);
  const drop = new Set(droppable.map((lease) => lease.id));
  return drop.size === 0
    ? state
    : { ...state, leases: Object.fromEntries(Object.entries(state.leases).filter(([id]) => !drop.has(id))) };
}
