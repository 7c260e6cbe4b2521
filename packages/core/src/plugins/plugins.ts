/** What the command line does with the programs of a spec: find them, approve them, run them. */
import { dirname } from "node:path";
import { invalid, isRotateError, withDetails } from "@rotate/plugin-kit";
import { isRecord, valueAt } from "../loading/fault.ts";
import { readInput } from "../loading/input.ts";
import type { LoadedPlugin } from "../loading/catalog.ts";
import { readSource } from "../loading/source.ts";
import { startChild, type CallContext } from "./child.ts";
import { approvedPlugin, readLock, writeLock, type LockEntry } from "./lock.ts";
import { pluginOf } from "./parts.ts";
import { placeOf, type Place } from "./place.ts";
import { programKinds } from "./describe.ts";
import { createProgram, described } from "./program.ts";

/** Loads a program that a spec names: what it is stands in the lock, nothing is started. Throws RotateError when it is not what was approved. */
export async function loadProgram(name: string, directory: string): Promise<LoadedPlugin> {
  const { entry } = await approvedPlugin(name, directory);
  return asPlugin(name, directory, entry);
}

function asPlugin(name: string, directory: string, { describe }: LockEntry): LoadedPlugin {
  const program = createProgram({
    name,
    description: describe,
    find: async () => {
      const { entry, place } = await approvedPlugin(name, directory);
      return { place, description: entry.describe };
    },
  });
  return { name, plugin: pluginOf(program, describe) };
}

/** The plugins that a spec names, read without judging the rest of it. */
export interface NamedPlugins {
  readonly directory: string;
  readonly file: string;
  readonly text: string;
  readonly names: readonly string[];
}

/** Throws INVALID when the spec cannot be read. */
export async function pluginsOf(file: string): Promise<NamedPlugins> {
  const input = await readInput({ file });
  if (!("text" in input)) throw invalid(input.message, input.hint ?? "name the spec with -f");
  const { value, broken, faults } = await readSource(input.text);
  if (broken || !isRecord(value))
    throw invalid(faults[0]?.message ?? "the spec is empty", "rotate validate tells more");
  const listed = valueAt(value, ["plugins"]) ?? [];
  const names = Array.isArray(listed) ? listed.filter((name): name is string => typeof name === "string") : [];
  return { file: input.file, directory: dirname(input.file), text: input.text, names };
}

/** How a program stands. */
export type PluginState = "approved" | "changed" | "not approved" | "missing" | "refused";

/** One line of `rotate plugin list`. */
export interface PluginReport {
  readonly name: string;
  readonly state: PluginState;
  /** Why, and what to do, where it is not approved. */
  readonly problem?: string;
  readonly hint?: string;
  /** `provider acme`, sorted by kind. */
  readonly types: readonly string[];
}

/** Looks at a program and starts nothing. */
export async function inspectPlugin(name: string, directory: string): Promise<PluginReport> {
  const lock = await readLock(directory);
  const entry = Object.hasOwn(lock, name) ? lock[name] : undefined;
  const types = entry === undefined ? [] : typesOf(entry);
  try {
    await approvedPlugin(name, directory);
    return { name, state: "approved", types };
  } catch (error) {
    if (!isRotateError(error)) throw error;
    const state = error.code === "NOT_FOUND" ? "missing" : await stateOf(name, { directory, entry });
    return { name, state, problem: error.message, ...(error.hint !== undefined && { hint: error.hint }), types };
  }
}

async function stateOf(
  name: string,
  { directory, entry }: { readonly directory: string; readonly entry: LockEntry | undefined },
): Promise<PluginState> {
  const place = await placeOf(name, directory).catch((error: unknown) => {
    if (!isRotateError(error)) throw error;
  });
  if (place === undefined) return "refused";
  return entry === undefined ? "not approved" : "changed";
}

function typesOf({ describe }: LockEntry): readonly string[] {
  return programKinds.flatMap((kind) => (describe[kind] ?? []).map(({ type }) => `${kind.slice(0, -1)} ${type}`));
}

/** Says of which program an error is, where the spec does not. */
async function named<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isRotateError(error) ? withDetails(error, { message: `plugin ${name}: ${error.message}` }) : error;
  }
}

/** What `proposePlugin` found, and is about to write. */
export interface Proposal {
  readonly name: string;
  readonly place: Place;
  readonly types: readonly string[];
  /** As the engine would use it: for the catalog to judge. */
  readonly loaded: LoadedPlugin;
  /** Writes the lock. Throws INVALID when the program changed meanwhile. */
  readonly approve: () => Promise<void>;
}

/** Starts a program once, to ask what it is. Throws what is wrong with it or its place. */
export async function proposePlugin(name: string, directory: string, ctx: CallContext): Promise<Proposal> {
  const place = await placeOf(name, directory);
  const child = startChild(place.file, { ...ctx, name });
  const describe = await named(name, () => described(child, ctx.signal)).finally(child.kill);
  const old = (await readLock(directory))[name];
  const others = place.platform === "any" ? {} : binariesOf(old);
  const entry: LockEntry = {
    kind: "executable",
    protocol: 1,
    platforms: { ...others, [place.platform]: place.integrity },
    ...(place.interpreter !== undefined && { interpreter: place.interpreter }),
    describe,
  };
  return {
    name,
    place,
    types: typesOf(entry),
    loaded: asPlugin(name, directory, entry),
    approve: async () => {
      const { integrity } = await placeOf(name, directory);
      if (integrity !== place.integrity)
        throw invalid(`plugin ${name} changed while it was approved`, "look at it again");
      await writeLock(directory, { ...(await readLock(directory)), [name]: entry });
    },
  };
}

/** What was approved for other platforms stays approved. */
function binariesOf(old: LockEntry | undefined): LockEntry["platforms"] {
  return Object.fromEntries(Object.entries(old?.platforms ?? {}).filter(([platform]) => platform !== "any"));
}
