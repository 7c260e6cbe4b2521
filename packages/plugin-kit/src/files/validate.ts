import { isRotateError, RotateError } from "../errors.ts";
import { refused } from "./fault.ts";
import type { AccessOptions, FileTools } from "./options.ts";

const placeholder = "{staged}";

/** Refuses a `validate` command that would not look at what is about to be written. */
export function guardValidate({ validate }: Partial<AccessOptions>): void {
  if (validate === undefined || validate.command.some((word) => word.includes(placeholder))) return;
  throw refused(
    "the validate command does not name {staged}",
    'add the staged path: ["nginx", "-t", "-c", "{staged}"]',
  );
}

/**
 * Runs the `validate` command on what was staged. Its output is not repeated: it may quote the secret.
 * Throws FAILED when it says no or does not end, NOT_FOUND when there is no such command.
 */
export async function validateStaged(
  staged: string,
  { validate }: Partial<AccessOptions>,
  tools: FileTools,
): Promise<void> {
  if (validate === undefined) return;
  const [command, ...words] = validate.command;
  const argv: readonly [string, ...string[]] = [command, ...words.map((word) => word.replaceAll(placeholder, staged))];
  const { exitCode } = await tools.exec(argv, { timeout: validate.timeout, excess: "drop" }).catch((cause: unknown) => {
    throw notRun(command, cause);
  });
  if (exitCode === 0) return;
  throw new RotateError(`the validate command ${command} refused the new content (exit code ${exitCode})`, {
    code: "FAILED",
    retryable: false,
    hint: "run the command on a copy of the file to see what it says; the old content is untouched",
  });
}

/** A validator that hangs leaves no doubt about the target, so it must not look like a write whose outcome is unknown. */
function notRun(command: string, cause: unknown): RotateError {
  if (isRotateError(cause) && cause.code === "NOT_FOUND") return cause;
  const reason = isRotateError(cause) ? `: ${cause.message}` : "";
  return new RotateError(`the validate command ${command} gave no answer${reason}`, {
    code: "FAILED",
    retryable: true,
    hint: "raise validate.timeout, or correct the command; the old content is untouched",
    cause,
  });
}
