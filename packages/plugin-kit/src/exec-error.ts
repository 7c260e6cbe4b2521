import { stripVTControlCharacters } from "node:util";
import type { ExecAnswer } from "./context.ts";
import { type ErrorDetails, RotateError } from "./errors.ts";

const shownLines = 5;
const shownLength = 500;
/** EX_TEMPFAIL of sysexits.h: the command itself says that trying again later makes sense. */
const tempFail = 75;

function withoutControls(text: string): string {
  return Array.from(stripVTControlCharacters(text), (char) => (char < " " || char === "\u007f" ? " " : char)).join("");
}

/** The last lines of a program's output on one line: no empty ones, no colours or other control characters, at most 5 lines and 500 characters. */
export function lastLines(text: string): string {
  const lines = text.split(/\r?\n|\r/).map((line) => withoutControls(line).trim());
  const shown = lines.filter((line) => line !== "").slice(-shownLines);
  return shown.join(" | ").slice(-shownLength);
}

/** The usual reading of an exit code that is not 0: FAILED with the last lines of stderr, retryable when it is 75 (EX_TEMPFAIL). stdout is left out: it may hold secrets. `details` overrides. */
export function execError(message: string, answer: ExecAnswer, details: Partial<ErrorDetails> = {}): RotateError {
  const said = lastLines(answer.stderr);
  const what = `${message} (exit ${answer.exitCode})`;
  return new RotateError(said === "" ? what : `${what}: ${said}`, {
    code: "FAILED",
    retryable: answer.exitCode === tempFail,
    ...details,
  });
}
