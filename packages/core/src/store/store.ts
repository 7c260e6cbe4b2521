import type { AttemptReport } from "../report.ts";
import type { ClockNote } from "../schedule/clock.ts";
import type { JournalRecord, Stamp } from "./records.ts";
import type { RotationState } from "./state.ts";

/** A held lock: while it lives, no other process of this machine works on the rotation. */
export interface Lock {
  /** Is the lock still the one that others would see? False when its file was removed or replaced. */
  readonly valid: () => boolean;
  readonly release: () => void;
}

/** Where leases, the journal, owed work and history are kept. Asynchronous, so that a shared database can take its place. */
export interface Store {
  /** The state of a rotation; an empty one when it was never run. */
  readonly load: (rotation: string) => Promise<RotationState>;
  /** Names of all rotations the state knows. */
  readonly names: () => Promise<readonly string[]>;
  /**
   * Appends a record and the state that it makes, in one durable transaction.
   * Throws EngineError `ROTATE_STATE_FENCED` when `epoch` is not the current one (except for `opened`, which raises it).
   */
  readonly append: (
    rotation: string,
    entry: { readonly record: JournalRecord; readonly epoch: number; readonly stamp: Stamp },
  ) => Promise<RotationState>;
  readonly recordAttempt: (report: AttemptReport) => Promise<void>;
  readonly attempts: (query: {
    readonly rotation?: string;
    readonly limit: number;
  }) => Promise<readonly AttemptReport[]>;
  /** Takes the rotation's lock, or undefined when another process has it. */
  readonly tryLock: (rotation: string) => Promise<Lock | undefined>;
  /** Moves the state of one name to another; for `renamedFrom`. */
  readonly rename: (from: string, to: string) => Promise<void>;
  readonly remove: (rotation: string) => Promise<void>;
  /** Small facts about the state as a whole: the spec's path, the machine's id. */
  readonly getMeta: (key: string) => Promise<string | undefined>;
  readonly setMeta: (key: string, value: string) => Promise<void>;
  /** The instants of the last runs, ms since 1970. They cost no sync: a crash may take them. */
  readonly recentRuns: () => Promise<readonly number[]>;
  readonly noteRuns: (runs: readonly number[]) => Promise<void>;
  /** What was known of time at the last look of any process. Costs no sync: a crash may take it, the records have their own. */
  readonly clockNote: () => Promise<ClockNote | undefined>;
  readonly noteClock: (note: ClockNote) => Promise<void>;
  readonly close: () => Promise<void>;
}
