import type { KeptCredential } from "../backend/host-notes.ts";
import type { Served } from "../loading/model.ts";
import type { JournalRecord } from "../store/records.ts";
import type { LeaseId, LeaseState, RotationState } from "../store/state.ts";

/** A lease with its values, in the clear: to be given to whoever may ask. */
export interface Offered {
  readonly lease: LeaseState;
  readonly fields: Readonly<Record<string, string>>;
}

/** The current one, and the one before it while that lives and its values are known. */
export interface Shown extends Offered {
  readonly previous?: Offered | undefined;
}

/** What the endpoints of this process give of one rotation, and who uses it. Answers wait for nobody's lock: it is replaced whole when something is published. */
export interface Offer {
  /** What is given; undefined when nobody here knows the values of a live lease. */
  readonly shown: () => Shown | undefined;
  /** Is that what is published? Not after another process published something whose values nobody here knows. */
  readonly isCurrent: () => boolean;
  /** The records with what has to be noted before the endpoints may give what they publish. */
  readonly announce: (records: readonly JournalRecord[], state: RotationState) => readonly JournalRecord[];
  /** What endpoints rely on and is not noted yet: who was given what, and which sessions have ended. */
  readonly owed: (state: RotationState) => readonly JournalRecord[];
  /** This is the state now, durably. `known`: values that were found elsewhere than in memory. */
  readonly take: (state: RotationState, known?: KeptCredential) => void;
  /** A session uses the lease until what it gives is called. */
  readonly hold: (lease: LeaseId, onEnd: (isLast: boolean) => void) => () => void;
  /** How many sessions use which lease. */
  readonly sessions: () => ReadonlyMap<LeaseId, number>;
  /** Resolves when something else is given than this lease. */
  readonly onChange: (listener: () => void) => () => void;
}

/** The offers of this process, by rotation. They outlive every reload of the spec. */
export interface Offers {
  /** Undefined: no endpoint of this process gives it. */
  readonly of: (rotation: string) => Offer | undefined;
  readonly open: (rotation: string, served: Served) => Offer;
  /** All others are closed. */
  readonly keepOnly: (rotations: ReadonlySet<string>) => void;
}
