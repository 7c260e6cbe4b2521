import { isRotateError, RotateError } from "@rotate/plugin-kit";
import type { Masker } from "@rotate/runtime";
import { EngineError } from "../engine-error.ts";
import type { CallPlace, ErrorReport } from "../report.ts";

/** What a failed call is to the engine. */
export interface Failure {
  readonly phase: CallPlace;
  readonly error: RotateError;
  readonly report: ErrorReport;
}

/** Names phase and plugin once: `ROTATE_MINT_DENIED`, `provider databricks-postgres: …`. An error of the engine itself is not a failure of a phase: it is thrown on. */
export function failureOf(
  error: unknown,
  { phase, who }: { readonly phase: CallPlace; readonly who?: string },
): Failure {
  if (error instanceof EngineError) throw error;
  if (error instanceof AttributedError) return failureOf(error.inner, { phase, who: error.who });
  const known = isRotateError(error) ? error : unexpected(error);
  const code = `ROTATE_${phase.toUpperCase()}_${known.code}`;
  const message = who === undefined ? known.message : `${who}: ${known.message}`;
  return {
    phase,
    error: known,
    report: {
      code,
      message,
      retryable: known.retryable,
      ...(known.hint !== undefined && { hint: known.hint }),
      docs: `docs/errors.md#${known.code.toLowerCase()}`,
    },
  };
}

/** An error with the plugin it came from, until the phase is known. */
export class AttributedError extends Error {
  readonly inner: unknown;
  readonly who: string;
  constructor(inner: unknown, who: string) {
    super(who, { cause: inner });
    this.inner = inner;
    this.who = who;
  }
}

/** The RotateError inside, whoever it came from. */
export function innerError(error: unknown): RotateError {
  if (error instanceof EngineError) throw error;
  const inner = error instanceof AttributedError ? error.inner : error;
  return isRotateError(inner) ? inner : unexpected(inner);
}

/** What a plugin threw, with every secret that we know taken out of its texts: they go to the state, the reports and the log. */
export function maskError(error: unknown, { mask }: Pick<Masker, "mask">): unknown {
  if (error instanceof EngineError || !(error instanceof Error)) return error;
  const known = isRotateError(error) ? error : unexpected(error);
  const { code, retryable, retryAfter, hint, noEffect, person, cause } = known;
  const details = {
    code,
    retryable,
    retryAfter,
    noEffect,
    person,
    cause,
    ...(hint !== undefined && { hint: mask(hint) }),
  };
  return new RotateError(mask(known.message), details);
}

/** A plugin that throws anything but a RotateError has a fault of its own. */
function unexpected(error: unknown): RotateError {
  if (error instanceof EngineError) throw error;
  const kind = error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
  return new RotateError(`unexpected error (${kind})`, {
    code: "FAILED",
    retryable: false,
    noEffect: false,
    hint: "this is a fault in the plugin: please report it",
    cause: error,
  });
}

/** Is it certain that the outside did nothing? A plugin that threw what it should not may have done anything. */
export function isDefinite({ code, noEffect }: RotateError): boolean {
  return noEffect ?? !["TIMEOUT", "UNAVAILABLE", "BAD_ANSWER"].includes(code);
}
