import { RotateError } from "@rotate/plugin-kit";

/** What stands in a target, or was asked of it, is such that writing would do harm. Throwing it, nothing was changed. */
export function invalid(message: string, hint: string): RotateError {
  return new RotateError(message, { code: "INVALID", retryable: false, hint });
}

/** Somebody else changed one of our keys since we wrote it. */
export function conflict(what: string): RotateError {
  return new RotateError(`${what} was changed by somebody else after it was written`, {
    code: "CONFLICT",
    retryable: false,
    hint: "look at the file: rotate left it as it is; let only one of the two write this key",
  });
}
