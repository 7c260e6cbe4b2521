/**
 * The short way for commands that are run every few minutes, or for good: their words are parsed from the manifest that is built with the package, without loading
 * oclif (40 ms, 9 MB). It takes only what is plainly well-formed; for anything else (help, errors, rarer commands) oclif takes the long way.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { SpecCacheOptions } from "@rotate/core";
import type { ActionInput } from "./action.ts";
import { reportFailure } from "./failure.ts";
import { createTerminal } from "./output/terminal.ts";

/** The part of oclif's manifest that matters here. */
export interface Manifest {
  /** Of this rotate. */
  readonly version: string;
  readonly commands: Readonly<Record<string, ManifestCommand>>;
}
interface ManifestCommand {
  readonly flags: Readonly<Record<string, ManifestFlag>>;
  readonly args: Readonly<Record<string, { readonly required?: boolean; readonly multiple?: boolean }>>;
}
interface ManifestFlag {
  readonly type: "boolean" | "option";
  readonly char?: string;
  readonly env?: string;
  readonly default?: unknown;
  readonly required?: boolean;
  readonly options?: readonly string[];
  readonly multiple?: boolean;
}

type Parsed = Pick<ReturnType<typeof parseArgs>, "values" | "positionals">;
type Words = Readonly<Record<string, unknown>>;
type Input = ActionInput<never, never> & { readonly version: string };
type Action = (input: Input) => Promise<unknown>;

/** A command line that was understood. */
export interface QuickCommand {
  readonly id: string;
  readonly version: string;
  readonly flags: Words;
  readonly args: Words;
}

const actions: Readonly<Record<string, (all: typeof import("./actions/quick.ts")) => Action>> = {
  run: ({ run }) => run,
  status: ({ status }) => status,
  "needs-rotation": ({ needsRotation }) => needsRotation,
  credential: ({ credential }) => credential,
  watch: ({ watchSpec }) => watchSpec,
};

/** Their names. */
export const quickCommands: readonly string[] = Object.keys(actions);

/** What the built package keeps of its manifest. @param root the package's folder */
export function readManifest(root: string): Manifest {
  return JSON.parse(readFileSync(join(root, "dist/quick.json"), "latin1")) as Manifest;
}

/** The command, its flags with defaults, its arguments; undefined when oclif has to look at it. */
export function parseQuickly(
  [id = "", ...argv]: readonly string[],
  manifest: Manifest,
  env: NodeJS.ProcessEnv,
): QuickCommand | undefined {
  const command = Object.hasOwn(actions, id) ? manifest.commands[id] : undefined;
  if (command === undefined || argv.includes("--")) return undefined;
  const words = parseWords(argv, command);
  if (words === undefined) return undefined;
  const flags = { ...defaultsOf(command, env), ...words.values };
  const args = argumentsOf(words.positionals, command);
  return args !== undefined && areAllowed(flags, command) ? { id, version: manifest.version, flags, args } : undefined;
}

/** Which build this is: the bundler puts a hash of it here. */
declare const ROTATE_BUILD: string;

/** What a start has for its command. */
export interface QuickOptions extends Pick<SpecCacheOptions, "onCompile">, Pick<Input, "onMany"> {
  /** Keeps compiled specs. */
  readonly directory: string | undefined;
}

/** Runs it: prints the result or the failure and leaves the exit code, as a command of oclif does. */
export async function runQuickly(
  { id, version, flags, args }: QuickCommand,
  { directory, onCompile, onMany }: QuickOptions,
): Promise<void> {
  const terminal = createTerminal();
  const json = flags["json"] === true;
  const specCache = directory === undefined ? undefined : { directory, onCompile, build: ROTATE_BUILD };
  try {
    const action = actions[id]?.(await import("./actions/quick.ts"));
    const result = await action?.({ flags, args, json, terminal, specCache, version, onMany } as Input);
    if (json && result !== undefined) terminal.out(JSON.stringify(result, null, 2));
  } catch (error) {
    process.exitCode = reportFailure(error, { json, terminal });
  }
}

function parseWords(argv: readonly string[], { flags }: ManifestCommand): Parsed | undefined {
  const options = Object.entries(flags).map(([name, { type, char, multiple = false }]) => [
    name,
    { type: type === "boolean" ? "boolean" : "string", multiple, ...(char !== undefined && { short: char }) } as const,
  ]);
  try {
    const parsed = parseArgs({
      args: [...argv],
      options: Object.fromEntries(options),
      allowPositionals: true,
      tokens: true,
    });
    const named = parsed.tokens.flatMap((token) => (token.kind === "option" ? [token.name] : []));
    const once = named.filter((name) => flags[name]?.multiple !== true);
    // oclif gives all words that follow one of these to it.
    const isGreedy = once.length < named.length && parsed.positionals.length > 0;
    return isGreedy || new Set(once).size < once.length ? undefined : parsed;
  } catch {
    return undefined; // oclif explains what is wrong with it
  }
}

function defaultsOf({ flags }: ManifestCommand, env: NodeJS.ProcessEnv): Words {
  const preset = Object.entries(flags).map(([name, flag]) => [name, env[flag.env ?? ""] ?? flag.default] as const);
  return Object.fromEntries(preset.filter(([, value]) => value !== undefined));
}

function areAllowed(values: Words, { flags }: ManifestCommand): boolean {
  if (Object.entries(flags).some(([name, { required }]) => required === true && values[name] === undefined))
    return false;
  return Object.entries(values).every(([name, value]) => {
    const allowed = flags[name]?.options;
    return allowed === undefined || allowed.includes(String(value));
  });
}

/** Our commands take one argument, or one list; undefined when that does not fit. */
function argumentsOf(positionals: readonly string[], { args }: ManifestCommand): Words | undefined {
  const [entry] = Object.entries(args);
  if (entry === undefined) return positionals.length === 0 ? {} : undefined;
  const [name, { required, multiple }] = entry;
  if (positionals.length === 0) return required === true ? undefined : {};
  if (multiple === true) return { [name]: positionals };
  return positionals.length === 1 ? { [name]: positionals[0] } : undefined;
}
