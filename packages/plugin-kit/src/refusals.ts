/**
 * Tables of what an outside system refuses and what each refusal means. A provider keeps one table per system; every row answers the engine's questions:
 * what is it, can trying again help, can anything live upstream, who has to act.
 */
import type { ExecAnswer, HttpAnswer } from "./context.ts";
import { type ErrorCode, type ErrorDetails, httpError, RotateError } from "./errors.ts";
import { execError } from "./exec-error.ts";
import { clockHint } from "./tokens/clock-hint.ts";

/** What a refusal means for the engine. */
export interface Meaning {
  readonly code: ErrorCode;
  /** Can the same call help a little later, with nobody doing anything? */
  readonly retryable: boolean;
  /** Is it certain that nothing of what was asked for lives upstream? */
  readonly noEffect: boolean;
  /** Only a person can help: see `ErrorDetails`. */
  readonly person?: true;
}

/** The usual meanings, to be spread into rows. */
export const meanings = {
  /** It does nothing now; a little later it may. */
  wait: { code: "UNAVAILABLE", retryable: true, noEffect: true },
  /** Something failed on the way: it may have taken effect. */
  unsure: { code: "UNAVAILABLE", retryable: true, noEffect: false },
  /** It took too long, and may have taken effect. */
  late: { code: "TIMEOUT", retryable: true, noEffect: false },
  /** It does nothing, and will not until somebody sets it right. */
  broken: { code: "UNAVAILABLE", retryable: false, noEffect: true },
  limited: { code: "RATE_LIMITED", retryable: true, noEffect: true },
  denied: { code: "DENIED", retryable: false, noEffect: true },
  /** Denied for what somebody else replaces by and by: a token in a file that is kept fresh, a grant that takes minutes to arrive. */
  stale: { code: "DENIED", retryable: true, noEffect: true },
  /** Denied until a person logs in again, consents, or replaces what is shown. */
  person: { code: "DENIED", retryable: false, noEffect: true, person: true },
  missing: { code: "NOT_FOUND", retryable: false, noEffect: true },
  /** It is not there now; it may be about to appear. */
  missingYet: { code: "NOT_FOUND", retryable: true, noEffect: true },
  invalid: { code: "INVALID", retryable: false, noEffect: true },
  /** It cannot be asked of who answers now, and may be of who answers next: a standby that is promoted. */
  invalidYet: { code: "INVALID", retryable: true, noEffect: true },
  conflict: { code: "CONFLICT", retryable: false, noEffect: true },
  /** Somebody else was faster: what is there now is looked at, and tried again. */
  raced: { code: "CONFLICT", retryable: true, noEffect: true },
  /** A command that ended with an error that nobody foresaw. */
  failed: { code: "FAILED", retryable: true, noEffect: false },
  /** A command that said no, and did nothing. */
  refused: { code: "FAILED", retryable: false, noEffect: true },
  /** The same, for now. */
  refusedYet: { code: "FAILED", retryable: true, noEffect: true },
  /** Something else answered: a proxy, a login page. */
  stranger: { code: "BAD_ANSWER", retryable: false, noEffect: true },
} as const satisfies Readonly<Record<string, Meaning>>;

/** One row. What it does not name, it does not ask for. */
export interface Refusal extends Meaning {
  /** HTTP status, or exit code of a command; two of them are a range, both included. */
  readonly status?: number | readonly [first: number, last: number];
  /** Holds against what was said: `CODE: message`, as the provider's reader puts the two together. */
  readonly said?: RegExp;
  /** What helps, and who does it: one sentence. Absent: what the caller advises. */
  readonly hint?: string;
  /** The hint says how far this machine's clock is off. */
  readonly clock?: true;
}

/** First match counts. */
export type Refusals = readonly Refusal[];

/** Rate limits and outages, whatever is said with them. */
export function byOutage(hints: { readonly down: string; readonly limited: string }): Refusals {
  return [
    { ...meanings.limited, status: 429, hint: hints.limited },
    { ...meanings.wait, status: 503, hint: hints.down },
    { ...meanings.unsure, status: 408, hint: hints.down },
    { ...meanings.unsure, status: [500, 599], hint: hints.down },
  ];
}

/** What a status below 500 means when nothing more is known; `missing` is the hint of a 404. Without a hint the caller's advice counts. */
export function bySilence(silent?: string, missing = silent): Refusals {
  const hint = silent === undefined ? {} : { hint: silent };
  return [
    { ...meanings.denied, status: 401, ...hint },
    { ...meanings.denied, status: 403, ...hint },
    { ...meanings.missing, status: 404, ...(missing !== undefined && { hint: missing }) },
    { ...meanings.conflict, status: 409, ...hint },
    { ...meanings.invalid, status: [400, 499], ...hint },
    { ...meanings.stranger, ...hint },
  ];
}

/** Both: ends a table, so that every refusal is in it. */
export function byStatus(hints: {
  readonly down: string;
  readonly limited: string;
  readonly silent?: string;
}): Refusals {
  return [...byOutage(hints), ...bySilence(hints.silent)];
}

/** A refusal as it came. */
export interface Refused {
  /** HTTP status, or exit code. */
  readonly status: number;
  /** `CODE: message`; empty when nothing was said. */
  readonly said: string;
}

const unforeseen: Refusal = meanings.failed;

function fits({ status, said }: Refusal, refused: Refused): boolean {
  const [first, last] = typeof status === "object" ? status : [status, status];
  const inRange = first === undefined || (refused.status >= first && refused.status <= (last ?? first));
  return inRange && (said?.test(refused.said) ?? true);
}

/** The row that counts. In a table without an end, what nobody foresaw may have taken effect, and may pass. */
export function readRefusal(table: Refusals, refused: Refused): Refusal {
  return table.find((row) => fits(row, refused)) ?? unforeseen;
}

/** What the caller knows of a refusal. */
export interface AboutRefusal {
  /** What did not work, with what was said, for people: lower case, no full stop. */
  readonly message: string;
  /** `CODE: message`. */
  readonly said: string;
  /** For rows without a hint of their own. */
  readonly advice?: string | undefined;
  /** Wall clock, ms since 1970: for rows about clocks. */
  readonly now?: number;
  /** Milliseconds; default: what the answer's `Retry-After` says. */
  readonly retryAfter?: number | undefined;
}

/** An HTTP answer that is no success, as an error by the table. */
export function httpRefusal(table: Refusals, answer: HttpAnswer, about: AboutRefusal): RotateError {
  const row = readRefusal(table, { status: answer.status, said: about.said });
  const hint = row.clock === true && about.now !== undefined ? clockHint(answer, about.now) : undefined;
  const { retryAfter = answer.retryAfter } = about;
  return httpError(about.message, answer, {
    ...detailsOf(row, about),
    retryAfter,
    ...(hint !== undefined && { hint }),
  });
}

/** Something that is neither HTTP nor a command, as an error by the table: rows go by what was said alone. */
export function spokenRefusal(table: Refusals, about: AboutRefusal): RotateError {
  const row = readRefusal(table, { status: 0, said: about.said });
  return new RotateError(about.message, detailsOf(row, about));
}

/** A command that ended with another exit code than 0, as an error by the table. */
export function execRefusal(table: Refusals, answer: ExecAnswer, about: AboutRefusal): RotateError {
  return execError(
    about.message,
    answer,
    detailsOf(readRefusal(table, { status: answer.exitCode, said: about.said }), about),
  );
}

function detailsOf({ code, retryable, noEffect, person, hint }: Refusal, { advice }: AboutRefusal): ErrorDetails {
  return { code, retryable, noEffect, person, hint: hint ?? advice };
}
