/** An error of the engine itself, already with its full code: `ROTATE_STATE_UNUSABLE`. Plugin errors become an `ErrorReport` instead. */
export class EngineError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  /** The process exit code it stands for (1 failed, 2 usage or spec, 5 locked, 6 cannot tell). */
  readonly exitCode: 1 | 2 | 5 | 6;

  constructor(
    message: string,
    details: {
      readonly code: string;
      readonly exitCode: 1 | 2 | 5 | 6;
      readonly hint?: string;
      readonly cause?: unknown;
    },
  ) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.name = "EngineError";
    this.code = details.code;
    this.hint = details.hint;
    this.exitCode = details.exitCode;
  }
}

/** Is it the state that cannot be read or written, or is not ours any more? */
export function isStateError(error: unknown): error is EngineError {
  return error instanceof EngineError && isStateCode(error.code);
}

/** `ROTATE_STATE_…` */
export function isStateCode(code: string): boolean {
  return code.startsWith("ROTATE_STATE_");
}
