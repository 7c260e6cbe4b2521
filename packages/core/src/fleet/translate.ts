/** A state as another backend understands it: its instants on the time of that one, its fingerprints under the names that keys have there. Pure. */
import type { KeptError, LeaseState, RotationState, SinkState } from "../store/state.ts";
import { mapValues } from "../store/changes.ts";
import { bare } from "../store/fingerprint.ts";

/** How the other one differs. */
export interface Difference {
  /** How far its rotation time is ahead, ms. */
  readonly ahead: number;
  /** What a key without a name is called there. */
  readonly name: string;
}

/** @param state of a rotation that nobody works on */
export function translated(state: RotationState, { ahead, name }: Difference): RotationState {
  const print = (fingerprint: string): string => (bare(fingerprint) ? `${fingerprint}${name}` : fingerprint);
  const later = (at: number): number => (at === 0 ? 0 : at + ahead);
  const { attempt, owed, failure } = state;

  function kept<Of extends KeptError | undefined>(error: Of): Of {
    return error && { ...error, at: later(error.at) };
  }

  function lease(one: LeaseState): LeaseState {
    return {
      ...one,
      ...moved(
        one,
        ["lastDoubtAt", "issuedAt", "asOf", "expiresAt", "diesAt", "refreshBy", "provedAt", "askAgainAt"],
        later,
      ),
      fingerprint: print(one.fingerprint),
      sinkFingerprints: mapValues(one.sinkFingerprints, (prints) => mapValues(prints, print)),
      ...(one.keptFor && { keptFor: kept(one.keptFor) }),
      ...(one.revocation && { revocation: { ...one.revocation, notBefore: later(one.revocation.notBefore) } }),
    };
  }

  function sink(one: SinkState): SinkState {
    return { ...one, ...(one.late && { late: one.late.map((write) => ({ ...write, until: later(write.until) })) }) };
  }

  return {
    ...state,
    ...moved(state, ["settledAt", "foreignSince", "ejectedAt", "lastSuccessAt"], later),
    leases: mapValues(state.leases, lease),
    sinks: mapValues(state.sinks, sink),
    waste: state.waste.map(later),
    early: state.early.map(later),
    ...(attempt && { attempt: { ...attempt, startedAt: later(attempt.startedAt) } }),
    ...(owed && {
      owed: { ...owed, ...moved(owed, ["since", "notBefore"], later), ...(owed.error && { error: kept(owed.error) }) },
    }),
    ...(failure && { failure: { ...kept(failure), ...moved(failure, ["since", "notBefore", "wokenAt"], later) } }),
  };
}

/** These instants, where they are there: null is never, and absent is nothing. */
function moved<Of extends object>(of: Of, keys: readonly (keyof Of)[], later: (at: number) => number): Partial<Of> {
  const instants = keys.flatMap((key) => {
    const at: unknown = of[key];
    return typeof at === "number" ? [[key, later(at)] as const] : [];
  });
  return Object.fromEntries(instants) as Partial<Of>;
}

/** The names of the keys that a state was written with; empty: the one that has none. */
export function keysUsedBy(state: RotationState, keyOf: (fingerprint: string) => string): ReadonlySet<string> {
  const prints = Object.values(state.leases).flatMap(({ fingerprint, sinkFingerprints }) => [
    fingerprint,
    ...Object.values(sinkFingerprints).flatMap((of) => Object.values(of)),
  ]);
  return new Set(prints.filter((print) => print !== "").map(keyOf));
}
