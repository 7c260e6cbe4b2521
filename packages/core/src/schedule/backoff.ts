/** How long to wait after a failure. Pure; all ms. */
import { clamp } from "./schedule.ts";

/** Milliseconds to wait after `failures` in a row: doubling from `initial` to `max`, the upper half at random so that many hosts spread. */
export function backoff(
  failures: number,
  { initial, max, random }: { readonly initial: number; readonly max: number; readonly random: () => number },
): number {
  const full = Math.min(initial * 2 ** clamp(failures - 1, 0, 40), max);
  return Math.round(full / 2 + (full / 2) * random());
}

/** What a failure was: refused for certain, nobody there, nobody knows, or minted and then not fit for use. */
export type FailureKind = "refused" | "unavailable" | "unknown" | "unfit";

/** The longest wait between two tries: a tenth of the life, 5 s to `retry.max`. */
export function retryCap(given: number, max: number): number {
  return Number.isFinite(given) ? clamp(given / 10, 5_000, max) : max;
}

/** The failure, and what depends on the next try. Lengths in ms. */
export interface RetryOf {
  readonly kind: FailureKind;
  /** In a row, this one included. */
  readonly count: number;
  /** What the issuer asked for; 0: nothing. */
  readonly retryAfter: number;
  /** Until something held must be replaced; 0 or less: nothing works, or it is past it. */
  readonly left: number;
  /** Of the lease in use; Infinity: never-ending or none. */
  readonly given: number;
  /** How many rotations of one provider entry wait. */
  readonly waiting: number;
}

const second = 1_000;
const hour = 3_600_000;

/** The wait after a failed attempt: several tries before the deadline, and one issuer asked about ten times a second at most, however many wait. */
export function retryWait(
  { kind, count, retryAfter, left, given, waiting }: RetryOf,
  { initial, max, random }: { readonly initial: number; readonly max: number; readonly random: () => number },
): number {
  const cap = retryCap(given, max);
  const first = kind === "unavailable" ? initial : 5 * initial;
  let wait = backoff(count, { initial: first, max: cap, random });
  if (retryAfter > 0) wait = Math.max(wait, Math.min(retryAfter, left > 0 ? Math.max(left / 2, second) : cap, hour));
  if (left > 0 && Number.isFinite(left)) wait = Math.min(wait, Math.max(left / 4, second));
  if (kind === "unavailable" || kind === "unknown") wait = Math.max(wait, waiting * 100 * (0.5 + random()));
  return Math.max(Math.round(wait), second);
}

/** An owed reload: 30 s doubling to 15 min, without chance, so that a reload that restarts us can count on it; with the same caps. */
export function reloadWait(tries: number, { left, cap }: { readonly left: number; readonly cap: number }): number {
  const usual = Math.min(30_000 * 2 ** clamp(tries - 1, 0, 40), 15 * 60_000);
  return Math.max(Math.min(usual, left > 0 ? Math.max(left / 4, second) : cap, Math.max(cap, second)), second);
}
