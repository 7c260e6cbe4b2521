/** What became of a program, as errors. */
import { RotateError } from "@rotate/plugin-kit";

/** It did not start: nothing was asked for. @param code of the system */
export function startFault(code: string | undefined): RotateError {
  const hint = "is it executable (chmod +x), and is the interpreter of its first line installed?";
  return new RotateError(`it could not be started (${code ?? "unknown"})`, {
    code: "NOT_FOUND",
    retryable: false,
    hint,
  });
}

/** It was killed. @param call the verb */
export function tooLate(call: string): RotateError {
  const hint = "see what it waits for; whether it had an effect is not known";
  return new RotateError(`it neither answered ${call} in time nor the cancellation`, {
    code: "TIMEOUT",
    retryable: true,
    hint,
  });
}

/** It may have done what it was asked for before it ended. @param said the last line on standard error */
export function endFault(code: number | null, signal: NodeJS.Signals | null, said: string | undefined): RotateError {
  const last = said === undefined ? "" : `: ${said.length > 500 ? "(a long line)" : said}`;
  const how = signal ?? `exit code ${code}`;
  const isBusy = code === 75;
  return new RotateError(`it ended without an answer (${how})${last}`, {
    code: isBusy ? "UNAVAILABLE" : "FAILED",
    retryable: isBusy,
    noEffect: false,
    hint: "its lines on standard error stand in the log",
  });
}

/** The time was over before it was asked for anything. */
export function notAsked(): RotateError {
  return new RotateError("there was no time left to ask it", {
    code: "TIMEOUT",
    retryable: true,
    noEffect: true,
    hint: "calls come one after another: see which one takes long",
  });
}
