import {
  execRefusal,
  isRotateError,
  withDetails,
  type ExecAnswer,
  type ExecInit,
  type RotateError,
} from "@rotate/plugin-kit";
import type { Profile } from "../auth/config-file.ts";
import type { Ctx } from "../options.ts";
import { cliRefusals } from "../readings.ts";
import { cliEnvironment } from "./environment.ts";
import { writePrivateConfig } from "./private-config.ts";
import { withPrivateDirectory } from "./private-directory.ts";

/** One call of the Databricks CLI. `what` it does, for messages; `args` behind the program's name. */
export interface CliCall {
  readonly what: string;
  readonly args: readonly string[];
  /** Who the CLI is to be: copied into a file of the call's own where nothing in it is secret. */
  readonly profile?: Profile | undefined;
  /** Where the profiles are. */
  readonly configFile?: string | undefined;
  /** Added to an environment without any other Databricks login. */
  readonly env?: NonNullable<ExecInit["env"]>;
  /** What to do when the login itself is refused. */
  readonly remedy: string;
}

/**
 * Runs the Databricks CLI where no bundle and no variable of ours can send it to another workspace, and returns its standard output, which may hold a
 * secret. Throws what it says, and NOT_FOUND when it is not there.
 */
export async function runCli(call: CliCall, ctx: Ctx): Promise<string> {
  const answer = await withPrivateDirectory((directory) => runIn(directory, call, ctx), ctx).catch(explain);
  if (answer.exitCode === 0) return answer.stdout;
  throw refusalOf(answer, call);
}

async function runIn(directory: string, { args, profile, configFile, env }: CliCall, ctx: Ctx): Promise<ExecAnswer> {
  const own = profile && (await writePrivateConfig(directory, profile));
  const who = profile === undefined ? [] : ["--profile", profile.name];
  const file = own ?? configFile;
  const added = { ...(file !== undefined && { DATABRICKS_CONFIG_FILE: file }), ...env };
  return ctx.exec([ctx.options.cli, ...args, ...who], { cwd: directory, env: cliEnvironment(added, ctx) });
}

function explain(error: unknown): never {
  if (!isRotateError(error)) throw error;
  if (error.code === "NOT_FOUND") {
    const hint = "install the Databricks CLI, or write its path in the provider's option cli";
    throw withDetails(error, { hint });
  }
  if (error.code !== "TIMEOUT") throw error;
  const hint =
    "the CLI tries for minutes when the workspace limits calls or is down: set `retry_timeout_seconds = 15` in its profile, so that it says what it meets, or use method http";
  throw withDetails(error, { hint });
}

/** The CLI prints `Error: <message>`, then (for 401 and 403) a block about the profile. The status and code are lost, only the words tell. */
function refusalOf(answer: ExecAnswer, { what, remedy }: CliCall): RotateError {
  const said = /^Error: (.*)/ms.exec(answer.stderr)?.[1] ?? "";
  const [message = ""] = said.split(/\n\s*\n(?=Profile:|Host:|Auth type:|Next steps:|Usage:)/);
  const shown = message === "" ? "the CLI gave no reason" : oneLine(message);
  const about = { message: `${what}: ${shown}`, said: oneLine(said, 4000), advice: remedy };
  // Its words are in the message already.
  return execRefusal(cliRefusals, { ...answer, stderr: "" }, about);
}

function oneLine(text: string, longest = 300): string {
  return text.replaceAll(/\s+/g, " ").trim().slice(0, longest).replace(/\.$/, "");
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
