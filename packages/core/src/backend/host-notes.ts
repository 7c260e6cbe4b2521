/** What stays on the machine that an engine runs on, wherever its state lives. */
import type { Runtime } from "@rotate/runtime";
import type { ClockNote } from "../schedule/clock.ts";

/** Files and sockets of this machine. What is absent is not kept. */
export interface HostNotes {
  /** A hash of what the machine is known by. */
  readonly machineId?: string | undefined;
  /** The values of rotations that say `cache: true`. */
  readonly cache?: ValueCache;
  /** Commands that were started, should their process not live to end them. */
  readonly helpers?: Helpers;
  /** Processes over this directory that live. */
  readonly processes?: Processes;
  /** Hands the credential of a rotation from the process that mints it to those that wait. */
  readonly handoff?: (rotation: string) => Handoff;
  /** How often `run` is called. A crash may take it. */
  readonly runNotes?: () => Promise<RunNotes>;
  readonly noteRuns?: (notes: RunNotes) => Promise<void>;
  /** What was known of time at the last look of any process. A crash may take it: the records have their own. */
  readonly clockNote?: () => Promise<ClockNote | undefined>;
  readonly noteClock?: (note: ClockNote) => Promise<void>;
  readonly sinkStamps?: SinkStamps;
}

/**
 * How sinks of this machine stood when they were read and held what the state says, kept from one run to the next. Only for looks that change nothing: before a rotation
 * is settled and before a revocation sinks are read. A crash may take it; another boot does, as a power cut may have taken what a file holds and left its times.
 */
export interface SinkStamps {
  /** @param boot the boot that they were seen in */
  readonly recall: (boot: string) => Promise<readonly SinkStamp[]>;
  /** Adds these, and forgets those of other boots. */
  readonly keep: (boot: string, stamps: readonly SinkStamp[]) => Promise<void>;
}

/** A sink as it stood. */
export interface SinkStamp {
  readonly rotation: string;
  /** Its id. */
  readonly sink: string;
  /** As the part's `stamp` gave it. */
  readonly stamp: string;
  /** The lease that it held. */
  readonly holding: string;
}

/** What tells a timer's pace. Instants in ms since 1970. */
export interface RunNotes {
  /** The last runs. */
  readonly at: readonly number[];
  /** The last run that was told how far apart runs are, and how far, ms. */
  readonly told?: { readonly at: number; readonly every: number };
}

/** A credential's values as they are kept or handed over: by lease, so that an older one is never taken for the current one. */
export interface KeptCredential extends KeptValues {
  /** The one before it: where somebody is to know both. */
  readonly previous?: KeptValues | undefined;
}

/** The values of one lease. */
export interface KeptValues {
  readonly lease: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Credentials in the clear, each in a 0600 file: the one place where values outlive a process. */
export interface ValueCache {
  /** Undefined when there is none, or it is not one of ours. */
  readonly read: (rotation: string) => KeptCredential | undefined;
  /** Durable when it resolves. Throws RotateError. */
  readonly write: (rotation: string, kept: KeptCredential) => Promise<void>;
  readonly remove: (rotation: string) => void;
}

/** Processes of this machine: each that says who it is has a lock that the kernel frees when it dies. */
export interface Processes {
  /** Of this one, from now on. */
  readonly own: () => string;
  /** Was it one of this directory, and is it gone? Of others nothing is known. */
  readonly isDead: (id: string) => boolean;
}

/** Commands that a process of ours started and that outlived it: they may still act on what a later process now works on. */
export interface Helpers {
  /** The runtime whose commands are noted while they run, for this rotation. */
  readonly noting: (rotation: string, runtime: Runtime) => Runtime;
  /** Ends what is left over of an earlier process. To be called under a claim. Returns the commands' process ids. */
  readonly endLeftOvers: (rotation: string) => readonly number[];
}

/** One process mints, those that wait get the same. */
export interface Handoff {
  /** Waits for the process that has the claim. Undefined at once when it does not listen (it rotates for another reason). */
  readonly receive: (signal: AbortSignal) => Promise<KeptCredential | undefined>;
  /** Listens; needs the claim. */
  readonly open: () => Promise<Counter>;
}

/** The open end of a handoff, at the process that mints. */
export interface Counter {
  /** Answers everybody who waits, and ends. Undefined: they have to try themselves. */
  readonly close: (kept: KeptCredential | undefined) => Promise<void>;
}
