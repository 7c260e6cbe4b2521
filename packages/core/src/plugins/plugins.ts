/** What the command line does with the programs of a spec: find them, approve them, run them. */
import { dirname } from "node:path";
import { invalid, isRotateError, withDetails } from "@rotate/plugin-kit";
import { isRecord, valueAt } from "../loading/fault.ts";
import { readInput } from "../loading/input.ts";
import type { LoadedPlugin } from "../loading/catalog.ts";
import { readSource } from "../loading/source.ts";
import { type CallContext, startChild } from "./child.ts";
import { approvedPlugin, readLock, writeLock } from "./lock.ts";
import type { LockEntry } from "./lock-entry.ts";
import { provisionsOf } from "./npm/provisions.ts";
import { pluginOf } from "./parts.ts";
import { placeOf } from "./place.ts";
import { programKinds } from "./describe.ts";
import { kindWord } from "../loading/kinds.ts";
import { createProgram } from "./program.ts";
import { askWhat, type Specimen, specimenOf, type Told } from "./specimen.ts";

/** Loads a plugin that a spec names: what it is stands in the lock, nothing is started. Throws RotateError when it is not what was approved. */
export async function loadProgram(name: string, directory: string): Promise<LoadedPlugin> {
  const { entry, specimen } = await approvedPlugin(name, directory);
  return asPlugin(name, directory, { entry, specimen });
}

function toldBy(entry: LockEntry): Told {
  const { describe } = entry;
  return entry.kind === "npm"
    ? { describe, package: { apiVersion: entry.apiVersion, allow: entry.allow } }
    : { describe };
}

function asPlugin(
  name: string,
  directory: string,
  { entry, specimen }: { readonly entry: LockEntry; readonly specimen: Specimen },
): LoadedPlugin {
  const program = createProgram({
    name,
    told: toldBy(entry),
    ask: (child, signal) => askWhat(child, specimen, signal),
    find: async () => {
      const found = await approvedPlugin(name, directory);
      return { told: toldBy(found.entry), launch: () => found.specimen.launch(found.entry) };
    },
  });
  const provide = entry.kind === "npm" ? provisionsOf(entry.allow) : undefined;
  return { name, plugin: pluginOf(program, entry.describe, provide) };
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
  /** Where the lock knows it. */
  readonly kind?: LockEntry["kind"];
  /** Of packages. */
  readonly version?: string;
  /** Of packages: `open` when it may open connections of its own. */
  readonly network?: "open";
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
  const about = entry === undefined ? { types: [] } : aboutOf(entry);
  try {
    await approvedPlugin(name, directory);
    return { name, state: "approved", ...about };
  } catch (error) {
    if (!isRotateError(error)) throw error;
    const state = error.code === "NOT_FOUND" ? "missing" : await stateOf(name, { directory, entry });
    return { name, state, problem: error.message, ...(error.hint !== undefined && { hint: error.hint }), ...about };
  }
}

async function stateOf(
  name: string,
  { directory, entry }: { readonly directory: string; readonly entry: LockEntry | undefined },
): Promise<PluginState> {
  const specimen = await specimenOf(name, directory).catch((error: unknown) => {
    if (!isRotateError(error)) throw error;
  });
  if (specimen === undefined) return "refused";
  return entry === undefined ? "not approved" : "changed";
}

function aboutOf(entry: LockEntry): Pick<PluginReport, "kind" | "version" | "network" | "types"> {
  const types = typesOf(entry);
  if (entry.kind === "executable") return { kind: entry.kind, types };
  const { kind, version, allow } = entry;
  return { kind, version, ...(allow.network && { network: allow.network }), types };
}

function typesOf({ describe }: LockEntry): readonly string[] {
  return programKinds.flatMap((kind) => (describe[kind] ?? []).map(({ type }) => `${kindWord(kind)} ${type}`));
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
  readonly specimen: Specimen;
  readonly entry: LockEntry;
  readonly types: readonly string[];
  /** As the engine would use it: for the catalog to judge. */
  readonly loaded: LoadedPlugin;
  /** Writes the lock. Throws INVALID when the plugin changed meanwhile. */
  readonly approve: () => Promise<void>;
}

/** Starts a plugin once, to ask what it is. Throws what is wrong with it or its place. */
export async function proposePlugin(name: string, directory: string, ctx: CallContext): Promise<Proposal> {
  const specimen = await specimenOf(name, directory);
  const child = startChild(specimen.launch(), { ...ctx, name });
  const told = await named(name, () => askWhat(child, specimen, ctx.signal)).finally(child.kill);
  const entry = specimen.entryWith(told, (await readLock(directory))[name]);
  return {
    name,
    specimen,
    entry,
    types: typesOf(entry),
    loaded: asPlugin(name, directory, { entry, specimen }),
    approve: async () => {
      const { identity } = await specimenOf(name, directory);
      if (identity !== specimen.identity)
        throw invalid(`plugin ${name} changed while it was approved`, "look at it again");
      await writeLock(directory, { ...(await readLock(directory)), [name]: entry });
    },
  };
}

/** Approves a program's file for another platform, which is not started here: what it says of itself is what it said on this one. Throws INVALID, NOT_FOUND. */
export async function approveFor(
  name: string,
  directory: string,
  { platform, file }: { readonly platform: string; readonly file: string },
): Promise<void> {
  const lock = await readLock(directory);
  const entry = Object.hasOwn(lock, name) ? lock[name] : undefined;
  if (entry?.kind !== "executable" || Object.hasOwn(entry.platforms, "any"))
    throw invalid(
      `plugin ${name} is no binary that was approved here`,
      `first, on a machine that runs it: rotate plugin approve ${name}`,
    );
  const { integrity } = await placeOf(file, directory);
  const platforms = { ...entry.platforms, [platform]: integrity };
  await writeLock(directory, { ...lock, [name]: { ...entry, platforms } });
}
