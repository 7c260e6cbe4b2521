/** Small changes to a state that several transitions are made of. Each gives a new state. */
import { mayWith } from "./pending.ts";
import type { Holding, LeaseId, LeaseState, RotationState } from "./state.ts";

/** What a state may be without. */
export type OptionalKey = "attempt" | "owed" | "failure" | "foreignSince" | "rolledBackTo" | "ejectedAt" | "away";

/** What is optional and not there any more. */
export function without(state: RotationState, key: OptionalKey): RotationState {
  const { [key]: _, ...rest } = state;
  return rest;
}

/** The attempt is over; owed work of an earlier one stays. */
export function closed(state: RotationState): RotationState {
  return without(state, "attempt");
}

/** One lease changed; one that is not known changes nothing. */
export function withLease(state: RotationState, id: LeaseId, change: Partial<LeaseState>): RotationState {
  const lease = state.leases[id];
  return lease ? { ...state, leases: { ...state.leases, [id]: { ...lease, ...change } } } : state;
}

/** The attempt is in this phase now; without an attempt nothing changes. */
export function withPhase(state: RotationState, phase: NonNullable<RotationState["attempt"]>["phase"]): RotationState {
  return state.attempt ? { ...state, attempt: { ...state.attempt, phase } } : state;
}

/** All that a sink may hold from now on. How it had drifted is void. */
export function withMay(state: RotationState, id: string, may: readonly Holding[]): RotationState {
  const sink = state.sinks[id];
  if (!sink) return state;
  const { drift: _, ...rest } = sink;
  return { ...state, sinks: { ...state.sinks, [id]: { ...rest, may } } };
}

/** A sink was found to hold this, or was told to: it holds nothing else, but for what may still land there. `at`: rotation time, ms. */
export function withHeld(
  state: RotationState,
  id: string,
  { held, at }: { readonly held: readonly Holding[]; readonly at: number },
): RotationState {
  return withMay(state, id, mayWith(state.sinks[id], held, at));
}

/** A sink may hold this as well. */
export function addMay(state: RotationState, id: string, holding: Holding): RotationState {
  return withMay(state, id, union(state.sinks[id]?.may ?? [], [holding]));
}

/** Each of both once, in order. */
export function union<T>(a: readonly T[], b: readonly T[]): readonly T[] {
  return [...new Set([...a, ...b])];
}

/** The same keys with other values. */
export function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  change: (value: T) => U,
): Readonly<Record<string, U>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
