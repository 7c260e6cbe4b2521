/** What a failed login or query means. Nothing of the password, and no text of ours that could hold it, goes into an error. */
import { isRotateError, RotateError, spokenRefusal, type Secret } from "@rotate/plugin-kit";
import { serverRefusals, systemRefusals } from "./refusals.ts";

/** Whom we spoke to, for the message. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: Secret;
  readonly signal: AbortSignal;
}

/** A RotateError for whatever `logInAndQuery` rejected with. */
export function explain(error: unknown, target: Target): RotateError {
  if (isRotateError(error)) return error;
  if (target.signal.aborted) return stopped(target);
  const words = clean(error instanceof Error ? error.message : String(error), target.password);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  // Only what the server sent has a severity; a Node error code can look like a SQLSTATE (EPIPE).
  const fromServer = error instanceof Error && "severity" in error;
  const verb = fromServer ? `refused ${target.user}` : "cannot be reached";
  const message = `${address(target)} ${verb}: ${words}${code === "" ? "" : ` (${code})`}`;
  return spokenRefusal(fromServer ? serverRefusals : systemRefusals, { message, said: `${code}: ${words}` });
}

function stopped(target: Target): RotateError {
  return new RotateError(`${address(target)} was not done in time`, { code: "TIMEOUT", retryable: true });
}

function address({ host, port, database }: Target): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}/${database}`;
}

/** One line that a server, whoever it is, cannot use to show the password or to draw on a terminal. */
function clean(text: string, password: Secret): string {
  const line = text
    .replaceAll(password.reveal(), "[secret]")
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
