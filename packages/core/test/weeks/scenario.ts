/** What a simulated week is made of: how an issuer's leases live, what goes wrong and when, and how the engine is started. All instants are ms of true time since the week began, all lengths ms. */

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** How one issuer's leases live. */
export interface Shape {
  readonly name: string;
  /** Of a new lease; Infinity: it never ends. */
  readonly life: number;
  /** Renewals lengthen it up to this age. */
  readonly maxTtl?: number;
  /** The same token is given again until so long before its end. */
  readonly cache?: number;
  /** A password that everybody shares and that the issuer changes each period. */
  readonly period?: number;
  /** A value without an end that somebody changes so often. */
  readonly changes?: number;
  /** `refresh: { every }`. */
  readonly every?: number;
  /** The life that the spec asks for. */
  readonly ttl?: number;
  /** From this instant on the issuer gives half of the life. */
  readonly shrinks?: number;
  /** A mint ends the lease before it. */
  readonly kills?: boolean;
  /** The life of a login; leases die with it. */
  readonly login?: number;
}

export type TroubleKind =
  /** Connections are refused. */
  | "down"
  /** 403 */
  | "refuse"
  /** 500, and nothing was done. */
  | "5xx"
  /** No answer. */
  | "timeout"
  /** Done, and the answer does not come back. */
  | "lost"
  /** 429 with a `Retry-After` of `share` ms. */
  | "busy"
  /** New leases live for `share` ms only. */
  | "short"
  /** What is minted does not verify. */
  | "unfit"
  /** The reload fails. */
  | "reload"
  /** The machine sleeps. */
  | "sleep"
  /** The machine is off, and boots at the end. */
  | "off"
  /** A share of the calls meets a refused connection. */
  | "flake";

export interface Trouble {
  readonly kind: TroubleKind;
  readonly from: number;
  readonly to: number;
  readonly share?: number;
}

export type EditKind =
  /** The request changes. */
  | "spec"
  /** Somebody writes another value into the sink. */
  | "changed"
  /** Somebody deletes the sink. */
  | "absent"
  /** `rotate revoke` of what is in use. */
  | "revoke"
  /** The spec is saved, and says the same. */
  | "save"
  /** The daemon is killed, and started again a second later. */
  | "kill";

export interface Edit {
  readonly at: number;
  readonly kind: EditKind;
}

export interface Scenario {
  readonly name: string;
  readonly seed: number;
  readonly shape: Shape;
  /** ms between two runs from cron; absent: `watch`. */
  readonly cron?: number;
  /** Is the cadence told (`--every`), or has it to be learned? */
  readonly told: boolean;
  /** How the consumer takes a new credential over; none: it reads the sink whenever it needs it. */
  readonly reload: "none" | "ok" | "slow";
  readonly troubles: readonly Trouble[];
  /** Steps of the machine's wall clock: from `at` on it is so far ahead. */
  readonly offsets: readonly { readonly at: number; readonly ahead: number }[];
  readonly edits: readonly Edit[];
  readonly horizon: number;
  readonly siblings: number;
  /** `retry: { max }`, ms. Absent: 5 minutes. */
  readonly retryMax?: number;
  /** So many entries of one issuer, each with its share of the rotations. Absent: one. */
  readonly entries?: number;
  /** From this instant on the wall clock is right, and nothing is left that was noted under a wrong one. Absent: with steps never. */
  readonly clockRightFrom?: number;
  /** Do the issuer's answers tell its time? */
  readonly skewKnown: boolean;
  /** Can the issuer revoke? */
  readonly revokes: boolean;
  /** Expiries are told as instants of the issuer's clock, not as lives. */
  readonly dates: boolean;
  /** Every sleep of the daemon is slept as it is asked for; else quiet ones are joined. */
  readonly exact: boolean;
}

/** Life as it comes out: a lease may die with its login. */
export function effectiveLife({ life, login }: Shape): number {
  return Math.min(life, login ?? Infinity);
}

/** Issuers that give one and the same credential to whoever asks until they change it. */
export function isInPlace({ period, cache }: Shape): boolean {
  return period !== undefined || cache !== undefined;
}

/** `1.5h` */
export function lengthText(ms: number): string {
  if (!Number.isFinite(ms)) return "never";
  const units: readonly (readonly [number, string, number])[] = [
    [day, "d", 2],
    [hour, "h", 2],
    [minute, "m", 1],
  ];
  const [unit, word, digits] = units.find(([size]) => ms >= size) ?? [second, "s", 1];
  return `${Number((ms / unit).toFixed(digits))}${word}`;
}
