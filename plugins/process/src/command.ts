import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, resolve } from "node:path";
import {
  beforehand,
  type Context,
  type ExecAnswer,
  isSecret,
  RotateError,
  type Secret,
  type SecretRef,
  type Text,
} from "@rotate/plugin-kit";

/** The options that say which command runs, and where. `as const`, so that each contribution can spread them into its own schema. */
export const commandOptions = {
  command: {
    type: "array",
    items: { type: "string" },
    minItems: 1,
    description:
      "The program and its arguments, run without a shell. Arguments are readable by everybody on the machine.",
    examples: [["npm", "run", "reload"]],
  },
  cwd: { type: "string", format: "path", description: "The directory to run it in. Default: that of rotate." },
  env: {
    type: "object",
    additionalProperties: { type: "string" },
    description: "Variables added to its environment.",
  },
  secretEnv: {
    type: "object",
    additionalProperties: { type: "string", secret: true },
    description: "The same for secrets: each value is a reference.",
  },
} as const;

/** What `commandOptions` become. */
export interface CommandOptions {
  readonly command: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly secretEnv?: Readonly<Record<string, SecretRef>>;
}

/** What one call adds to the options. */
export interface CommandCall {
  /** Further arguments. */
  readonly args?: readonly string[];
  /** Wins over `env` and `secretEnv`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: Text;
  /** Milliseconds. Default: as long as the engine lets the call take. */
  readonly timeout?: number;
  /** Is standard output an answer, so that one of more than 1 MiB is refused? Else it is for people, and the last of it is kept. */
  readonly answers?: boolean;
}

/** The longest wait that a timer can count, in milliseconds: the call's signal ends it before. */
const untilSignal = 2 ** 31 - 1;

/** What a command said, with a way to show it. */
export interface CommandAnswer extends ExecAnswer {
  /** Free of every secret that the command was given. */
  readonly stderr: string;
  /** Takes those secrets out of any other text. */
  readonly hide: (text: string) => string;
}

/** What the secret variables hold now. */
export async function resolveAll(
  ctx: Context,
  refs: CommandOptions["secretEnv"] = {},
): Promise<Record<string, Secret>> {
  const entries = Object.entries(refs).map(async ([name, ref]) => [name, await ctx.resolve(ref)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** Programs like to print what they were given when they fail. */
function hiding(secrets: readonly Secret[]): CommandAnswer["hide"] {
  return (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret.reveal(), () => String(secret)), text);
}

/** Runs the command of the options. Any exit code is an answer; throws what `ctx.exec` and `ctx.resolve` throw. */
export async function runCommand(ctx: Context<CommandOptions>, call: CommandCall = {}): Promise<CommandAnswer> {
  const { command, cwd, env, secretEnv } = ctx.options;
  const secrets = await beforehand(() => resolveAll(ctx, secretEnv));
  const answer = await ctx.exec([...command, ...(call.args ?? [])], {
    env: { ...env, ...secrets, ...call.env },
    timeout: call.timeout ?? untilSignal,
    excess: call.answers === true ? "refuse" : "drop",
    ...(cwd !== undefined && { cwd }),
    ...(call.stdin !== undefined && { stdin: call.stdin }),
  });
  const hide = hiding([...Object.values(secrets), ...(isSecret(call.stdin) ? [call.stdin] : [])]);
  return { ...answer, stderr: hide(answer.stderr), hide };
}

async function isRunnable(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile()) return false;
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function checkDirectory(cwd: string): Promise<void> {
  const found = await stat(cwd).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw new RotateError(`${cwd} is not a directory that can be entered`, {
    code: "NOT_FOUND",
    retryable: false,
    hint: "create it, or correct `cwd`",
  });
}

/** Where a program may stand: the path itself when it has a slash (relative to `cwd`), else each directory of PATH. */
function candidates(program: string, { options, env }: Context<CommandOptions>): readonly string[] {
  const cwd = options.cwd ?? ".";
  if (program.includes("/")) return [resolve(cwd, program)];
  const path = options.env?.["PATH"] ?? env["PATH"] ?? "";
  return path.split(delimiter).map((directory) => resolve(cwd, directory, program));
}

/** Finds the program the way the system would. Throws NOT_FOUND when there is no such program or directory, INVALID when it may not be executed. */
export async function checkCommand(ctx: Context<CommandOptions>): Promise<void> {
  const [program] = ctx.options.command;
  if (ctx.options.cwd !== undefined) await checkDirectory(ctx.options.cwd);
  const places = candidates(program, ctx);
  if ((await Promise.all(places.map(isRunnable))).includes(true)) return requireSecrets(ctx);
  const exists = (await Promise.all(places.map((place) => stat(place).catch(() => undefined)))).some(Boolean);
  if (exists) {
    const hint = "make it a file that this user may execute (chmod +x)";
    throw new RotateError(`${program} is not executable`, { code: "INVALID", retryable: false, hint });
  }
  const hint = program.includes("/") ? "check the path" : "install it, or give its full path";
  throw new RotateError(`the command ${program} does not exist`, { code: "NOT_FOUND", retryable: false, hint });
}

/** What a secret variable is read from has to be there before the command needs it. */
async function requireSecrets({ options, resolve: read }: Context<CommandOptions>): Promise<void> {
  await Promise.all(Object.values(options.secretEnv ?? {}).map((ref) => read(ref)));
}
