import type { HttpAnswer } from "./context.ts";
import type { Infer, Schema } from "./schema.ts";

/** What went wrong, for the engine. It adds the phase: `DENIED` in a mint is reported as `ROTATE_MINT_DENIED`. */
export const errorCodes = [
  /** Refused. On a login that is kept, the engine logs in anew and tries once more. */
  "DENIED",
  /** The role, endpoint, file, command or host does not exist. */
  "NOT_FOUND",
  /** The outside refuses what the spec asks for. */
  "INVALID",
  /** Somebody else changed the target. */
  "CONFLICT",
  "RATE_LIMITED",
  /** Down, sealed, unreachable, full. */
  "UNAVAILABLE",
  "TIMEOUT",
  /** An answer that cannot be believed. */
  "BAD_ANSWER",
  /** The command or probe ran, and said no. */
  "FAILED",
] as const;

/** One word of `errorCodes`: what the engine acts by, and all that a program may compare. */
export type ErrorCode = (typeof errorCodes)[number];

/** What an error says besides its message. */
export interface ErrorDetails {
  readonly code: ErrorCode;
  /** Would the same call make sense a little later? No default: decide. */
  readonly retryable: boolean;
  /** Milliseconds that the outside asked us to wait. */
  readonly retryAfter?: number | undefined;
  /** What the reader can do, one sentence. */
  readonly hint?: string | undefined;
  /** With TIMEOUT, UNAVAILABLE or BAD_ANSWER: it is certain that the outside did nothing (the connection was refused). Else the outcome counts as unknown. */
  readonly noEffect?: boolean | undefined;
  /** Only a person can help, and trying again cannot: a login that is over, a consent that is missing. The hint is what that person does, best a command. */
  readonly person?: boolean | undefined;
  /** What it came of, for a debugger: reports and logs leave it out. */
  readonly cause?: unknown;
}

/** What a plugin throws. The message is lower case, without full stop and without plugin or rotation name: the engine adds those once. */
export class RotateError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly retryAfter: number | undefined;
  readonly hint: string | undefined;
  readonly noEffect: boolean;
  readonly person: boolean;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.name = "RotateError";
    this.code = details.code;
    this.retryable = details.retryable;
    this.retryAfter = details.retryAfter;
    this.hint = details.hint;
    this.noEffect = details.noEffect ?? !["TIMEOUT", "UNAVAILABLE", "BAD_ANSWER"].includes(details.code);
    this.person = details.person ?? false;
  }
}

/** True for a RotateError of this or any other copy of the kit. */
export function isRotateError(error: unknown): error is RotateError {
  return (
    error instanceof Error &&
    error.name === "RotateError" &&
    "retryable" in error &&
    errorCodes.includes((error as RotateError).code)
  );
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 401 || status === 403) return "DENIED";
  if (status === 404) return "NOT_FOUND";
  if (status === 409) return "CONFLICT";
  if (status === 429) return "RATE_LIMITED";
  if (status >= 500) return "UNAVAILABLE";
  if (status >= 400) return "INVALID";
  return "BAD_ANSWER";
}

/** The usual reading of an HTTP status: 401 and 403 denied, 404 not found, 429 and 5xx retryable with their `Retry-After`; a 503 did nothing, another 5xx perhaps. `details` overrides. */
export function httpError(message: string, answer: HttpAnswer, details: Partial<ErrorDetails> = {}): RotateError {
  const code = codeOfStatus(answer.status);
  return new RotateError(`${message} (HTTP ${answer.status})`, {
    code,
    retryable: code === "RATE_LIMITED" || code === "UNAVAILABLE",
    retryAfter: answer.retryAfter,
    ...(answer.status === 503 && { noEffect: true }),
    ...details,
  });
}

/** What the spec, or this machine, asks for cannot work: INVALID, for somebody to correct. */
export function invalid(message: string, hint: string): RotateError {
  return new RotateError(message, { code: "INVALID", retryable: false, hint });
}

/** An answer that cannot be believed: BAD_ANSWER. What it was an answer to may have taken effect, unless `details` says otherwise. The message never quotes the answer. */
export function badAnswer(message: string, hint: string, details: Partial<ErrorDetails> = {}): RotateError {
  return new RotateError(message, { code: "BAD_ANSWER", retryable: false, hint, ...details });
}

/** The same error with what is known better here. */
export function withDetails(
  error: RotateError,
  { message = error.message, ...details }: Partial<ErrorDetails> & { readonly message?: string },
): RotateError {
  const { code, retryable, retryAfter, hint, noEffect, person } = error;
  return new RotateError(message, { code, retryable, retryAfter, hint, noEffect, person, cause: error, ...details });
}

/** The body of a success by a schema. Throws a `badAnswer` that shows the shape of anything else. `hint` says who else may have answered. */
export function readAnswer<const S extends Schema>(answer: HttpAnswer, schema: S, hint: string): Infer<S> {
  try {
    return answer.json(schema);
  } catch (error) {
    if (!isRotateError(error) || error.hint !== undefined) throw error;
    throw withDetails(error, { hint });
  }
}

/** Steps of a mint before anything is asked for: whatever they throw, no credential came of it. */
export async function beforehand<T>(steps: () => Promise<T>): Promise<T> {
  try {
    return await steps();
  } catch (error) {
    throw isRotateError(error) && !error.noEffect ? withDetails(error, { noEffect: true }) : error;
  }
}
