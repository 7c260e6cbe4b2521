/** A plugin as its author tries it: run as it lies there, without an approval. */
import type { Plugin } from "@rotate/plugin-kit";
import { type CallContext, type Launch, startChild } from "./child.ts";
import { provisionsOf } from "./npm/provisions.ts";
import { pluginOf } from "./parts.ts";
import { createProgram } from "./program.ts";
import { askWhat, specimenOf, type Told } from "./specimen.ts";

/** A plugin that was asked what it is. */
export interface TriedPlugin {
  readonly told: Told;
  /** As the engine would use it. */
  readonly plugin: Plugin;
  /** Of programs: how one is started, and the same plugin with another process for each call. */
  readonly program?: { readonly launch: Launch; readonly anew: Plugin };
}

/** Starts it to ask what it is. Throws what is wrong with it or its place. @param directory that the name is relative to */
export async function tryPlugin(name: string, directory: string, ctx: CallContext): Promise<TriedPlugin> {
  const specimen = await specimenOf(name, directory);
  const child = startChild(specimen.launch(), { ...ctx, name });
  const told = await askWhat(child, specimen, ctx.signal).finally(child.kill);
  const entry = specimen.entryWith(told, undefined);
  const provide = entry.kind === "npm" ? provisionsOf(entry.allow) : undefined;
  function made(given: Told): Plugin {
    const program = createProgram({
      name,
      told: given,
      restarts: Infinity, // a trial makes calls fail on purpose
      ask: (started, signal) => askWhat(started, specimen, signal),
      find: async () => ({ told: given, launch: () => specimen.launch(entry) }),
    });
    return pluginOf(program, given.describe, provide);
  }
  if (specimen.closure !== undefined) return { told, plugin: made(told) };
  const { concurrent: _, ...others } = told.describe;
  const anew = made({ describe: { ...others, oneShot: true } });
  return { told, plugin: made(told), program: { launch: specimen.launch(), anew } };
}
