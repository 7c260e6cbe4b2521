import { loadSpec } from "../../src/loading/load.ts";
import type { LoadedSpec, LoadOptions } from "../../src/loading/load-options.ts";
import type { Rotation, Spec } from "../../src/loading/model.ts";
import { sampleCatalog, soundSpec } from "./sample-plugins.ts";

/** Loads a text as if it stood in `/etc/app/rotate.yaml`. */
export function load(text: string, options: Partial<LoadOptions> = {}): Promise<LoadedSpec> {
  return loadSpec({ file: "/etc/app/rotate.yaml", text, catalog: sampleCatalog(), home: "/home/app", ...options });
}

/** Loads a text that has no fault. */
export async function loadSound(text: string, options: Partial<LoadOptions> = {}): Promise<Spec> {
  const { spec, diagnostics } = await load(text, options);
  if (spec === undefined)
    throw new Error(diagnostics.map(({ line, column, message }) => `${line}:${column} ${message}`).join("\n"));
  return spec;
}

/** The sound spec with a part of it replaced; the part has to be there. */
export function edited(...edits: readonly (readonly [from: string, to: string])[]): string {
  let text = soundSpec;
  for (const [from, to] of edits) {
    if (!text.includes(from)) throw new Error(`the sound spec has no ${from}`);
    text = text.replace(from, () => to);
  }
  return text;
}

/** What is told of a text: `line:column message (hint)`, one line each. */
export async function told(text: string, options: Partial<LoadOptions> = {}): Promise<readonly string[]> {
  const { diagnostics } = await load(text, options);
  return diagnostics.map(
    ({ line, column, message, hint }) => `${line}:${column} ${message}${hint === undefined ? "" : ` (${hint})`}`,
  );
}

/** The first rotation of a sound text. */
export async function firstRotation(text: string, options: Partial<LoadOptions> = {}): Promise<Rotation> {
  const [rotation] = (await loadSound(text, options)).rotations;
  if (rotation === undefined) throw new Error("no rotation");
  return rotation;
}
