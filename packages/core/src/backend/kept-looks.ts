import type { ClockNote } from "../schedule/clock.ts";

/** A rotation on which nothing was to be done when it was looked at, and how that would change. Instants of rotation time and lengths in ms; Infinity: never. */
export interface KeptLook {
  readonly rotation: string;
  /** Time alone changes nothing before. */
  readonly until: number;
  /** When what may be held is good as gone. */
  readonly ends: number;
  /** Runs that are this far apart, or farther, are too slow for it. */
  readonly pace: number;
  /** From when on it is refreshed along with others that share its reload. */
  readonly nearly: number;
  /** Its sinks as they stood, in their order. */
  readonly stamps: string;
  /** How it is told of in the view that was asked for, as JSON. */
  readonly told: string;
}

/** Two views tell of it: its status, and the report of a run that did nothing to it. */
export type LookView = "status" | "report";

/** A look at a state that had this number of records under this claim. */
export interface LookAt extends Omit<KeptLook, "told">, Readonly<Record<LookView, string>> {
  readonly epoch: number;
  readonly seq: number;
}

/** What all of the looks that are kept have in common. */
export interface LookMark {
  /** Of the spec, and of the clock: looks of another one are worth nothing. */
  readonly mark: string;
  /** No state that was looked at knew a later time. */
  readonly clock: ClockNote;
}

/**
 * Looks of earlier processes, so that nobody has to read and to judge every state only to find that nothing is due. One ends with any write of its rotation's state,
 * by whoever, and with any word on how it stands. A crash may take them all.
 */
export interface KeptLooks {
  /** The last mark that anything was kept for. */
  readonly mark: () => Promise<LookMark | undefined>;
  /** All that are kept for it. */
  readonly recall: (view: LookView) => Promise<readonly KeptLook[]>;
  /** Keeps these beside those of the same mark, in place of those of another. One whose state was written since is not kept. */
  readonly keep: (mark: LookMark, looks: readonly LookAt[]) => Promise<void>;
}
