import { writeFile } from "node:fs/promises";
import { builtins } from "@rotate/builtins";
import {
  approveFor,
  createCatalog,
  inspectPlugin,
  isPackage,
  type LoadedPlugin,
  loadProgram,
  type NamedPlugins,
  type PluginReport,
  pluginsOf,
  proposePlugin,
  type Runtime,
  withPlugin,
} from "@rotate/core";
import { isRotateError } from "@rotate/plugin-kit";
import type { ActionInput } from "../action.ts";
import { confirm } from "../confirm.ts";
import { UsageError } from "../failure.ts";
import { listedText, packageText, programText } from "../output/plugin-text.ts";
import { createReporter } from "../reporter.ts";

/** `--json` of the commands on plugins. */
export interface PluginsReport {
  readonly version: 1;
  readonly plugins: readonly PluginReport[];
}

/** `yes`: ask nobody. */
export interface ApproveFlags {
  readonly yes?: boolean;
  /** Tell only. */
  readonly check?: boolean;
  /** `linux-arm64=FILE`: files for other platforms. */
  readonly platform?: readonly string[] | undefined;
}

/** What a program has to say of itself it says within this time, ms. */
const describeLimit = 10_000;

/** `rotate plugin list`: how each program of the spec stands. Starts none. */
export function listPlugins(input: ActionInput<object, object>): Promise<PluginsReport> {
  return plainly(async () => {
    const { directory, names } = await pluginsOf(input.flags.file);
    const plugins = await lookAt(names, directory);
    if (!input.json)
      input.terminal.out(names.length === 0 ? "the spec names no plugins" : plugins.map(listedText).join("\n"));
    return { version: 1, plugins };
  });
}

/** `rotate plugin approve`: pins programs as they are now. With `check` it only tells whether they are pinned so. */
export function approvePlugins(
  input: ActionInput<ApproveFlags, { readonly names?: readonly string[] | undefined }>,
): Promise<PluginsReport> {
  return plainly(async () => {
    const { flags, args, json, terminal } = input;
    const spec = await pluginsOf(flags.file);
    const wanted = args.names ?? [];
    const stranger = wanted.find((name) => !spec.names.includes(name));
    if (stranger !== undefined)
      throw new UsageError(`the spec names no plugin ${stranger}`, `rotate plugin add ${stranger}`);
    if (flags.platform !== undefined) return await approvePlatforms(input, { name: only(wanted), spec });
    const all = await lookAt(wanted.length > 0 ? wanted : spec.names, spec.directory);
    const due = wanted.length > 0 && !flags.check ? all : all.filter(({ state }) => state !== "approved");
    const [first] = due;
    if (flags.check && first !== undefined)
      throw new UsageError(first.problem ?? `plugin ${first.name} is ${first.state}`, first.hint);
    if (!flags.check) for (const { name } of due) await approve(input, { name, spec });
    const plugins = await lookAt(
      all.map(({ name }) => name),
      spec.directory,
    );
    if (!json && (flags.check || due.length === 0))
      terminal.out(plugins.map(listedText).join("\n") || "the spec names no plugins");
    return { version: 1, plugins };
  });
}

function only(names: readonly string[]): string {
  const [name, ...others] = names;
  if (name !== undefined && others.length === 0) return name;
  throw new UsageError("--platform is for one plugin", "rotate plugin approve ./NAME --platform linux-arm64=FILE");
}

/** Of a program, for machines that this one is not. */
async function approvePlatforms(
  { flags, json, terminal }: ActionInput<ApproveFlags, unknown>,
  { name, spec: { directory } }: { readonly name: string; readonly spec: NamedPlugins },
): Promise<PluginsReport> {
  await confirm(name, { yes: flags.yes === true, question: `${name} is pinned for other platforms` });
  for (const given of flags.platform ?? []) {
    const [, platform, file] = /^([a-z0-9]+-[a-z0-9]+)=(.+)$/.exec(given) ?? [];
    if (platform === undefined || file === undefined)
      throw new UsageError(`${given} is no platform and file`, "as in --platform linux-arm64=./acme-arm64");
    await approveFor(name, directory, { platform, file });
    if (!json) terminal.out(`${name}  approved for ${platform}`);
  }
  return { version: 1, plugins: await lookAt([name], directory) };
}

/** `rotate plugin add`: names a program in the spec and approves it. */
export function addPlugin(input: ActionInput<ApproveFlags, { readonly path: string }>): Promise<PluginsReport> {
  return plainly(async () => {
    const { flags, args, json, terminal } = input;
    const name = args.path;
    const spec = await pluginsOf(flags.file);
    const text = spec.names.includes(name) ? spec.text : await withPlugin(spec.text, name);
    if (text === undefined)
      throw new UsageError(
        `${spec.file}: no place for the plugin was found`,
        `write it yourself: plugins: [${name}]; then rotate plugin approve ${name}`,
      );
    await approve(input, { name, spec });
    if (text !== spec.text) {
      await writeFile(spec.file, text);
      if (!json) terminal.out(`${spec.file} names it under \`plugins\``);
    }
    return { version: 1, plugins: await lookAt([name], spec.directory) };
  });
}

/** A program is started only when that is wanted; a package, whose process is confined, to show what it asks for. */
async function approve(
  { flags, json, terminal }: ActionInput<ApproveFlags, unknown>,
  { name, spec: { directory, names } }: { readonly name: string; readonly spec: NamedPlugins },
): Promise<void> {
  const yes = flags.yes === true;
  const confined = isPackage(name, directory);
  if (!confined)
    await confirm(name, { yes, question: `${name} is started, with all that you may do, and pinned as it is now` });
  const { "log-level": level, "log-format": format } = flags;
  const reporter = createReporter({ terminal, level, format, board: false, omit: [] });
  try {
    const proposal = await proposed(name, directory, reporter.runtime);
    createCatalog(builtins).with([proposal.loaded, ...(await othersOf(name, { directory, names }))]);
    if (confined) {
      if (!json) terminal.out(packageText(proposal));
      await confirm(name, { yes, question: `${name} is pinned as it is now, and may do what is said above` });
    }
    await proposal.approve();
    if (!json) terminal.out(confined ? `${name}  approved` : programText(proposal));
  } finally {
    reporter.close();
  }
}

async function proposed(name: string, directory: string, runtime: Runtime): ReturnType<typeof proposePlugin> {
  const { signal, clear } = runtime.deadline(describeLimit);
  try {
    return await proposePlugin(name, directory, { ...runtime, signal });
  } finally {
    clear();
  }
}

/** Those that can be used already: two cannot claim one type. */
async function othersOf(
  name: string,
  { directory, names }: Pick<NamedPlugins, "directory" | "names">,
): Promise<readonly LoadedPlugin[]> {
  const others = await lookAt(
    names.filter((other) => other !== name),
    directory,
  );
  const usable = others.filter(({ state }) => state === "approved");
  return Promise.all(usable.map((other) => loadProgram(other.name, directory)));
}

function lookAt(names: readonly string[], directory: string): Promise<readonly PluginReport[]> {
  return Promise.all(names.map((name) => inspectPlugin(name, directory)));
}

/** What is wrong with a plugin is the user's to settle: exit code 2. */
async function plainly<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isRotateError(error)) throw new UsageError(error.message, error.hint);
    throw error;
  }
}
