/** A program as its author tries it: run as it lies there, without an approval. */
import type { Plugin } from "@rotate/plugin-kit";
import { type CallContext, startChild } from "./child.ts";
import type { Description } from "./describe.ts";
import { pluginOf } from "./parts.ts";
import { placeOf, type Place } from "./place.ts";
import { createProgram, described } from "./program.ts";

/** A program that was asked what it is. */
export interface TriedPlugin {
  readonly place: Place;
  readonly description: Description;
  /** As the engine would use it. */
  readonly plugin: Plugin;
  /** The same, with another process for each call. */
  readonly anew: Plugin;
}

/** Starts it to ask what it is. Throws what is wrong with it or its place. @param directory that the name is relative to */
export async function tryPlugin(name: string, directory: string, ctx: CallContext): Promise<TriedPlugin> {
  const place = await placeOf(name, directory);
  const child = startChild(place.file, { ...ctx, name });
  const description = await described(child, ctx.signal).finally(child.kill);
  function made(given: Description): Plugin {
    const find = async () => ({ place: await placeOf(name, directory), description: given });
    return pluginOf(createProgram({ name, description: given, find }), given);
  }
  const { concurrent: _, ...others } = description;
  return { place, description, plugin: made(description), anew: made({ ...others, oneShot: true }) };
}
