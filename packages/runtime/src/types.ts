/** The outside world as the engine is given it. Nothing else in core reads a clock, draws a number, opens a socket or starts a process. */
import type { ExecAnswer, ExecInit, HttpAnswer, HttpInit, Log, Secret } from "@rotate/plugin-kit";

/** What an engine is given instead of the globals of Node. Tests pass their own clock, chance, network and processes here. */
export interface Runtime {
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
  /** Never goes back; stands still while the machine sleeps. Milliseconds. */
  readonly monotonic: () => number;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** Resolves after `milliseconds`, rejects with the signal's reason when it aborts. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** An AbortSignal that fires after `milliseconds` or with `parent`; `clear` when the call is over. */
  readonly deadline: (
    milliseconds: number,
    parent?: AbortSignal,
  ) => { readonly signal: AbortSignal; readonly clear: () => void };
  readonly http: (url: string | URL, init: HttpInit, signal: AbortSignal) => Promise<HttpAnswer>;
  readonly exec: (
    argv: readonly [string, ...string[]],
    init: RuntimeExecInit,
    signal: AbortSignal,
  ) => Promise<ExecAnswer>;
  /** Runs the command of an `{ exec: … }` reference; absent: `exec` does. */
  readonly execReference?: Runtime["exec"];
  /** What was read by references is read anew at the next use. Absent: it always is. */
  readonly forgetReferences?: () => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly masker: Masker;
  readonly log: Log;
  /** Writes one unmasked line where a CI runner reads it. Absent: nobody reads. */
  readonly announce?: (line: string) => void;
  /** Called with each `Date` header of an answer: milliseconds that the local clock is ahead (positive) or behind. */
  readonly onSkew?: (milliseconds: number, host: string) => void;
}

/** A command as the engine starts it. */
export interface RuntimeExecInit extends ExecInit {
  /** Called with its process id when it runs, and again when it has ended. */
  readonly onStart?: (pid: number) => void;
  readonly onEnd?: (pid: number) => void;
}

/** Knows every secret of the process and takes it out of what is printed, in each encoding that we know. */
export interface Masker {
  /** Wraps, and masks from now on. */
  readonly secret: (text: string, name?: string) => Secret;
  /** The text of a secret that is about to be sent or written; masked from now on, whoever made it. */
  readonly reveal: (secret: Secret) => string;
  /** A text that is written like a secret and is none (a user name, an expiry): never masked. */
  readonly exempt: (text: string) => void;
  /** Does the text hold a known secret of 12 characters or more, as it is? Shorter ones are found by chance. */
  readonly holdsSecret: (text: string) => boolean;
  /** The text with every known secret replaced by `[secret name]`. */
  readonly mask: (text: string) => string;
  /** A Transform-like pair for streams: holds back what may be the beginning of a secret. */
  readonly stream: () => { readonly write: (chunk: string) => string; readonly end: () => string };
}
