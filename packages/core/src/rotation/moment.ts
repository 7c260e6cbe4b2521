import { aheadOf, type ClockNote, type RotationClock } from "../schedule/clock.ts";
import type { NextCron } from "../schedule/cron.ts";
import { endOf, mustAt, warnAt } from "../schedule/schedule.ts";
import type { HeldBack, Rotation } from "../loading/model.ts";
import { mayBeDone } from "../store/revocation.ts";
import { heldLeases, type LeaseState, type RotationState } from "../store/state.ts";
import { calmEntry, type EntryState } from "./entries.ts";
import type { RotationDeps } from "./session.ts";

/** A rotation at one moment: all that `decide` and `standing` go by. */
export interface Moment {
  readonly rotation: Rotation;
  readonly state: RotationState;
  /** Rotation time, ms. */
  readonly now: number;
  readonly clock: ClockNote;
  /** On rotation time, as all instants here. */
  readonly cron: NextCron;
  readonly entry: EntryState;
  /** After a failure: what the rotation logs in and asks with, by a mark that differs when it does. Undefined: nobody can tell. */
  readonly sources?: string | undefined;
  /** It is left alone, with all that one list makes. */
  readonly heldBack?: HeldBack | undefined;
  /** Why no machine of the fleet takes it. */
  readonly unserved?: string | undefined;
  /** ms between runs, when the process is started again and again; undefined in a daemon. */
  readonly cadence?: number | undefined;
  /** A person asked for it, due or not. */
  readonly force?: boolean;
  /** Those who ask need a new one: of the present one nobody here knows the values, or a server refused it. */
  readonly wanted?: "asked" | "refused" | undefined;
  /** Its values would end with this process, which gives them to nobody: another one rotates it. */
  readonly unattended?: boolean;
  /** It shares a reload with a rotation that is due, and nearly is itself. */
  readonly pulledForward?: boolean;
}

/** What of a moment its asker says, and no state. */
export type Asked = Pick<Moment, "cadence" | "force" | "pulledForward" | "wanted">;

/** The present moment of a rotation. */
export function momentOf(
  { rotation, deps }: { readonly rotation: Rotation; readonly deps: RotationDeps },
  state: RotationState,
  asked: Asked = {},
): Moment {
  deps.clock.observe(state.clock);
  const clock = deps.clock.note();
  const ahead = aheadOf(clock);
  function cron(expression: Parameters<NextCron>[0], after: number): number | undefined {
    const next = deps.nextCron(expression, after + ahead);
    return next === undefined ? undefined : next - ahead;
  }
  const entry = deps.entries?.of(rotation.provider.name) ?? calmEntry;
  const heldBack = deps.heldBack?.(rotation);
  const sources = state.failure && deps.sourceMark?.(rotation);
  const unattended = isUnattended({ rotation, deps });
  const unserved = deps.unserved?.(rotation);
  return { rotation, state, now: clock.time, clock, cron, entry, sources, heldBack, unserved, unattended, ...asked };
}

/** Only endpoints give it, and none of this process does. */
export function isUnattended({
  rotation: { name, sinks, cache, served },
  deps,
}: {
  readonly rotation: Rotation;
  readonly deps: Pick<RotationDeps, "offers">;
}): boolean {
  return sinks.length === 0 && cache !== true && served !== undefined && deps.offers?.of(name) === undefined;
}

/** The lease that is told of as published, and given: while the sinks are mixed it is the one before. */
export function wholeLease({ leases, owed, settled }: RotationState): LeaseState | undefined {
  return leases[(owed?.kind === "reload" ? owed.lease : settled) ?? ""];
}

/** The lease that was last published, or was to be: the owed one, else the settled one. */
export function publishedLease({ leases, owed, settled }: RotationState): LeaseState | undefined {
  return leases[owed?.lease ?? settled ?? ""];
}

/** Every lease that a sink of the spec or a consumer may hold. */
export function mayHeld(state: RotationState): readonly LeaseState[] {
  const known = held.get(state) ?? heldLeases(state).map((id) => state.leases[id]!);
  held.set(state, known);
  return known;
}

/** A state never changes: it is asked for a dozen times at each look. */
const held = new WeakMap<RotationState, readonly LeaseState[]>();

/** What is asked of one moment again and again, worked out once. */
export function onceAMoment<Answer>(answer: (moment: Moment) => Answer): (moment: Moment) => Answer {
  const known = new WeakMap<Moment, { readonly answer: Answer }>();
  return (moment) => {
    const found = known.get(moment) ?? { answer: answer(moment) };
    known.set(moment, found);
    return found.answer;
  };
}

/** The earliest end of everything that may be held; Infinity when nothing ends. */
export function endOfHeld({ state }: Pick<Moment, "state">): number {
  return Math.min(...mayHeld(state).map(endOf), Infinity);
}

/** The earliest end, less its margin, of everything that may be held: past it, unrotated, is exit 3. */
export function mustOfHeld({ state, rotation }: Pick<Moment, "state" | "rotation">): number {
  return Math.min(...mayHeld(state).map((lease) => mustAt(lease, rotation.refresh)), Infinity);
}

/** From when on something that is held nears its end unrotated. */
export function warnOfHeld({ state, rotation, cron }: Pick<Moment, "state" | "rotation" | "cron">): number {
  return Math.min(...mayHeld(state).map((lease) => warnAt(lease, rotation.refresh, cron)), Infinity);
}

/** Is the issuer's word on how much time has passed since the lease was told not to be had? */
export function isUnsure({ clock }: Pick<Moment, "clock">, lease: LeaseState | undefined): boolean {
  return lease !== undefined && clock.unsureBefore !== undefined && lease.asOf < clock.unsureBefore;
}

/** Whoever holds a credential whose end nobody knows asks again after so long. ms */
const untilAskedAgain = 60_000;

/** The end that is told to whoever is given a lease, rotation time in ms: its own, and while nobody can tell its age one that makes them come back soon. */
export function toldEnd(lease: LeaseState, { note }: Pick<RotationClock, "note">): number {
  const clock = note();
  return isUnsure({ clock }, lease) ? Math.min(endOf(lease), clock.time + untilAskedAgain) : endOf(lease);
}

/** What is held was revoked or may have been, was found not to work, or an issuer that lets one lease live at a time may have killed it; or a state that was put back never heard of its mint's answer. */
export function isLost(moment: Pick<Moment, "state" | "rotation">): boolean {
  if (publishedLease(moment.state)?.phase === "ghost") return true;
  return mayHeld(moment.state).some(isBroken) || isInDoubt(moment);
}

/** It does not work, or nobody can say that it does: it is replaced where it is held, and put back nowhere. */
export function isBroken(lease: LeaseState): boolean {
  return isDead(lease) || mayBeRevoked(lease);
}

function isDead({ gone, dead }: LeaseState): boolean {
  return gone === "revoked" || dead === true;
}

/** A revocation was begun, and nobody has said how it went: a later one that failed does not say it. */
export function mayBeRevoked({ phase, revocation }: LeaseState): boolean {
  return phase === "live" && mayBeDone(revocation);
}

/** `overlap: false`: whatever was asked for after it may have ended what is held. */
function isInDoubt({ state, rotation }: Pick<Moment, "state" | "rotation">): boolean {
  if (rotation.provider.part.overlap !== false) return false;
  const settled = state.leases[state.settled ?? ""];
  if (settled === undefined) return false;
  const isInHand = (lease: LeaseState): boolean => lease.id === state.attempt?.lease || lease.id === state.owed?.lease;
  return Object.values(state.leases).some(
    (lease) => lease.issuedAt > settled.issuedAt && lease.phase !== "gone" && !isInHand(lease),
  );
}

/** What of a clock moves all that was counted on it when it is another: how far the wall is ahead of rotation time, and the instant before which it is not believed. ms */
export function clockMark(note: ClockNote): { readonly ahead: number; readonly doubt: number } {
  return { ahead: aheadOf(note), doubt: Math.max(note.brokenAt ?? 0, note.unsureBefore ?? 0) };
}
