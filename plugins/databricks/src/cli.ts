import { isRotateError, RotateError, type ExecInit } from "@rotate/plugin-kit";
import type { Ctx } from "./options.ts";
import { readingOf, withHint } from "./readings.ts";

/** What the Databricks CLI could take for its own login: taken away, so that a database credential in DATABRICKS_TOKEN never becomes one. */
const logins = [
  "HOST",
  "TOKEN",
  "CLIENT_ID",
  "CLIENT_SECRET",
  "AUTH_TYPE",
  "CONFIG_PROFILE",
  "WORKSPACE_ID",
  "ACCOUNT_ID",
];

export interface CliCall {
  readonly what: string;
  readonly args: readonly string[];
  /** Added to an environment without any other Databricks login. */
  readonly env: NonNullable<ExecInit["env"]>;
  readonly remedy: string;
}

/** Runs the Databricks CLI and returns its standard output, which may hold a secret. Throws what it says, and NOT_FOUND when it is not there. */
export async function runCli({ what, args, env, remedy }: CliCall, { exec, options }: Ctx): Promise<string> {
  const none = Object.fromEntries(logins.map((name) => [`DATABRICKS_${name}`, undefined]));
  const answer = await exec([options.cli, ...args], { env: { ...none, ...env } }).catch((error: unknown) => {
    throw isRotateError(error) && error.code === "NOT_FOUND" ? missing(error) : error;
  });
  if (answer.exitCode === 0) return answer.stdout;
  throw refusalOf(answer.stderr, what, remedy);
}

function missing(cause: RotateError): RotateError {
  return new RotateError(cause.message, {
    code: "NOT_FOUND",
    retryable: false,
    hint: "install the Databricks CLI, or write its path in the provider's option cli",
    cause,
  });
}

/** The CLI prints `Error: <message>`, then (for 401 and 403) a block about the profile. The status and code are lost, only the message tells. */
function refusalOf(stderr: string, what: string, remedy: string): RotateError {
  const said = /^Error: (.*)$/m.exec(stderr)?.[1]?.slice(0, 300) ?? "the CLI gave no reason";
  const message = `${what}: ${said}`;
  if (/^unknown (flag|command)/.test(said)) {
    const hint =
      "this CLI is too old: `postgres` came in January 2026, its --ttl in July 2026; update it, or use method http";
    return new RotateError(message, { code: "INVALID", retryable: false, hint });
  }
  if (/has no .* profile configured/.test(said)) {
    const hint = "make the profile: databricks auth login --profile NAME";
    return new RotateError(message, { code: "NOT_FOUND", retryable: false, hint });
  }
  const reading = readingOf(said) ?? ({ code: "FAILED", retryable: true } as const);
  return new RotateError(message, withHint(reading, remedy));
}

/** The CLI's JSON, read by hand because it comes from a process. Undefined when it is none. */
export function parseOutput(stdout: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(stdout);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
