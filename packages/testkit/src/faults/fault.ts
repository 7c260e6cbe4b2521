/** What can go wrong with one message on its way to the outside, and with its answer. */

/**
 * - `busy`: 429 with `Retry-After: 7`; nothing took effect
 * - `broken`: 500; nothing took effect
 * - `drop`: the connection breaks before the outside got the message
 * - `cut`: the outside does what it was asked for, and the connection breaks in the middle of its answer
 * - `half`: the outside does what it was asked for, and half of its answer arrives, as if that were all
 * - `page`: a proxy answers with its own page and status 200; nothing took effect
 * - `hang`: nobody answers; nothing took effect
 */
export const faults = ["busy", "broken", "drop", "cut", "half", "page", "hang"] as const;
/** One of them. */
export type Fault = (typeof faults)[number];

/** A fault that waits for its message. */
export interface Spoilt {
  /** Has the message come? */
  readonly struck: () => boolean;
  /** The message never came: it is waited for no more. */
  readonly forget: () => void;
}

/** A call that is being cut off on its way to the outside. */
export interface CutCall {
  /** Did the call come to the message at which it is cut? */
  readonly reached: () => boolean;
  /** Lets that message go on to the outside, which nobody waits for any more. Resolves when the outside has done with it. */
  readonly arrive: () => Promise<void>;
}

/** A way to the outside on which things go wrong when they are told to. */
export interface Way {
  /** The nth message from now (from 1) meets this fault, once. */
  readonly spoil: (message: number, fault: Fault) => Spoilt;
  /** The connection breaks with the nth message from now (from 1), which arrives late. */
  readonly cutAt: (message: number) => CutCall;
  /** Each message from now on is answered with this status, 403 by default. */
  readonly refuse: (status?: number) => void;
  /** No message from now on is answered. */
  readonly hang: () => void;
  /** Each message from now on goes through again. */
  readonly mend: () => void;
}

/** Of `Retry-After` in `busy`. ms */
export const busyFor = 7_000;
