/** What a failed login or query means. Nothing of a password, and no text of ours that could hold it, goes into an error. */
import { isRotateError, RotateError, spokenRefusal, type Refusals, type Secret } from "@rotate/plugin-kit";
import { serverRefusals, systemRefusals } from "./refusals.ts";

/** Whom we spoke to, for the message. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** What no text of the server may show. */
  readonly secrets: readonly Secret[];
  readonly signal: AbortSignal;
}

/** A RotateError for whatever `inSession` rejected with. @param table what the server's refusals mean to the caller; default: to a probe */
export function explain(error: unknown, target: Target, table: Refusals = serverRefusals): RotateError {
  if (isRotateError(error)) return error;
  if (target.signal.aborted) return stopped(target);
  const words = clean(error instanceof Error ? error.message : String(error), target.secrets);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  // Only what the server sent has a severity; a Node error code can look like a SQLSTATE (EPIPE).
  const fromServer = error instanceof Error && "severity" in error;
  const verb = fromServer ? `refused ${target.user}` : "cannot be reached";
  const message = `${address(target)} ${verb}: ${words}${code === "" ? "" : ` (${code})`}`;
  return spokenRefusal(fromServer ? table : systemRefusals, { message, said: `${code}: ${words}` });
}

function stopped(target: Target): RotateError {
  const hint = "see whether the server is slow, or a statement waits for a lock there";
  return new RotateError(`${address(target)} was not done in time`, { code: "TIMEOUT", retryable: true, hint });
}

function address({ host, port, database }: Target): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}/${database}`;
}

/** One line that a server, whoever it is, cannot use to show a password or to draw on a terminal. */
function clean(text: string, secrets: readonly Secret[]): string {
  const hidden = secrets.reduce((shown, secret) => shown.replaceAll(secret.reveal(), "[secret]"), text);
  const line = hidden.replaceAll(/\p{Cc}+/gu, " ").trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
