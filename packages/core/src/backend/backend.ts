/** Where an engine lives: what it keeps, who may work on which rotation, and what belongs to the machine it runs on. No value of a credential passes a store. */
import type { EngineError } from "../engine-error.ts";
import type { Rotation, Spec } from "../loading/model.ts";
import type { AttemptReport, HistoryEvent } from "../history-report.ts";
import type { Outcome, StandingMark } from "../report.ts";
import type { RotationClock } from "../schedule/clock.ts";
import type { Fingerprint } from "../store/fingerprint.ts";
import type { RotationState } from "../store/state.ts";
import type { Claims } from "./claim.ts";
import type { HostNotes } from "./host-notes.ts";
import type { KeptLooks } from "./kept-looks.ts";
import type { Peers } from "./peers.ts";

/** What an engine is opened over. `openLocalBackend` gives the one of a single machine; whoever opens a backend closes it. */
export interface Backend {
  /** May other machines work on the same rotations? */
  readonly scope: "machine" | "shared";
  /** Where its state is, for people: a directory. */
  readonly place: string;
  readonly store: Store;
  readonly claims: Claims;
  /** The same for the same text as long as the state lives. */
  readonly fingerprint: Fingerprint;
  /** Rotation time. */
  readonly clock: RotationClock;
  readonly host: HostNotes;
  /** Of a fleet. */
  readonly peers?: Peers;
  /** Of one that is made of two. */
  readonly halves?: Halves;
  /** These are the rotations from now on: what was renamed goes on under its new name. */
  readonly publish: (spec: Pick<Spec, "rotations">) => Promise<void>;
  /** Gives back every claim that is still held. */
  readonly close: () => Promise<void>;
}

/** What is pinned to this machine needs nobody outside of it; the rest lives in a database. */
export interface Halves {
  readonly local: Pick<Backend, "store" | "claims">;
  readonly shared: Pick<Backend, "store" | "claims">;
  readonly isPinned: (rotation: Rotation) => boolean;
  /** Why the database could not be reached when the spec was published; undefined: it could. */
  readonly away: () => EngineError | undefined;
}

/** Which part of the past is asked for. */
export interface HistoryQuery {
  /** Absent: all. */
  readonly rotation?: string;
  /** At most so many, the newest. */
  readonly limit: number;
  /** What began, or happened, before this instant; and not before that one. RFC 3339, as reports write it. */
  readonly before?: string;
  readonly after?: string;
  /** Attempts that ended so. Absent: all. */
  readonly outcomes?: readonly Outcome[];
}

/** Leases, owed work and history. Reading needs no claim. */
export interface Store {
  /** The state of a rotation; an empty one when it was never run. */
  readonly load: (rotation: string) => Promise<RotationState>;
  /** The states of several, in their order. */
  readonly loadAll: (rotations: readonly string[]) => Promise<readonly RotationState[]>;
  /** Which states may have been written, by whoever, since this was last asked: so nobody has to read all to find one. Undefined: any. */
  readonly changed: () => Promise<ReadonlySet<string> | undefined>;
  /** Names of all rotations the state knows, sorted. */
  readonly names: () => Promise<readonly string[]>;
  /** Newest first. */
  readonly attempts: (query: HistoryQuery) => Promise<readonly AttemptReport[]>;
  /** What happened beside the attempts, newest first. */
  readonly events: (query: HistoryQuery) => Promise<readonly HistoryEvent[]>;
  /** Keeps one, without a claim: whoever saw it tells of it. */
  readonly recordEvent: (event: HistoryEvent) => Promise<void>;
  /** What is kept beside the rotations, by key: JSON. Undefined: nothing yet. */
  readonly note: (key: string) => Promise<unknown>;
  /**
   * Changes one of these, all or nothing and durably: nobody comes in between. `change` is pure, and gives what it was given, or undefined, to change nothing.
   * Gives what stands there afterwards.
   */
  readonly changeNote: (key: string, change: (before: unknown) => unknown) => Promise<unknown>;
  /**
   * Compares how rotations stand with what was last told of each, by whichever process, and keeps what is new of it, also as events: in one step, so that two
   * processes tell no change twice. Gives the new ones, with what was told before.
   */
  readonly tell: (standings: readonly ToldStanding[]) => Promise<readonly StandingChange[]>;
  /** Moves state and history of one name to another. */
  readonly rename: (from: string, to: string) => Promise<void>;
  /** The state, not the history. */
  readonly remove: (rotation: string) => Promise<void>;
  /** All that is kept beside the state of a rotation. */
  readonly past: (rotation: string) => Promise<Past>;
  /** Keeps the past that came from elsewhere. What is there already is not kept twice. */
  readonly keepPast: (rotation: string, past: Past) => Promise<void>;
  readonly dropPast: (rotation: string) => Promise<void>;
  /** Absent: each look is a look at the state. */
  readonly looks?: KeptLooks;
}

/** What is kept of a rotation beside its state. */
export interface Past {
  /** Newest first. */
  readonly attempts: readonly AttemptReport[];
  readonly events: readonly HistoryEvent[];
  /** How it stood when that was last told. */
  readonly told?: StandingMark | undefined;
}

/** More than is kept of any. */
export const wholePast = 10_000;

/** Those of another place that this one has not, oldest first. */
export function newTo(known: readonly HistoryEvent[], { events }: Past): readonly HistoryEvent[] {
  const texts = new Set(known.map((event) => JSON.stringify(event)));
  return events.filter((event) => !texts.has(JSON.stringify(event))).toReversed();
}

/** How a rotation is seen to stand. */
export interface ToldStanding extends Pick<HistoryEvent, "rotation" | "at" | "message"> {
  /** Absent: nothing of it is left to tell of. */
  readonly after?: StandingMark;
}

/** What is told, and kept, when a rotation begins to stand otherwise. */
export interface StandingChange extends ToldStanding {
  readonly type: "standing-changed";
  /** Absent at the first look. */
  readonly before?: StandingMark;
}

/** The change that is to be told; undefined when nothing is new. That the time of a healthy rotation has come is no news. */
export function changeOf(before: StandingMark | undefined, told: ToldStanding): StandingChange | undefined {
  if (sameness(before) === sameness(told.after)) return undefined;
  return { type: "standing-changed", ...told, ...(before && { before }) };
}

function sameness(mark: StandingMark | undefined): string {
  if (mark === undefined) return "";
  const { state, code, exit, alarm = "" } = mark;
  return state === "due" ? sameness({ ...mark, state: "fresh", code: "fresh" }) : `${state} ${code} ${exit} ${alarm}`;
}
