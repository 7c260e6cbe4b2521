import type { PartFacts } from "@rotate/plugin-kit";
import type { Runtime } from "@rotate/runtime";
import { described } from "./compile/identity.ts";
import type { Bound, Rotation, Spec } from "./model.ts";
import { partsOf } from "./parts-of.ts";
import { sourcesIn } from "./roots/roots.ts";

type Env = Runtime["env"];

/** The files that a spec stands on. Absolute paths. */
export interface FilesOfSpec {
  /** The spec itself and its lists. */
  readonly spec: readonly string[];
  /** What its rotations log in and ask with: see sourcesOf. */
  readonly sources: ReadonlySet<string>;
}

/** A spec from standard input has no file of its own. */
export function filesOf({ file, lists, rotations }: Spec, env: Env): FilesOfSpec {
  const sources = new Set(rotations.flatMap((rotation) => sourcesOf(rotation, env)));
  return { spec: [...(file === "-" ? [] : [file]), ...lists], sources };
}

/**
 * Where on this machine a rotation's own parts and its provider read what they log in and ask with: files of references, and the places that they say they
 * read. A directory stands for what is in it.
 */
export function sourcesOf(rotation: Rotation, env: Env): readonly string[] {
  const places = partsOf(rotation).flatMap((bound) => placesOf(bound, env));
  return [...new Set([...places, ...filesIn(rotation.request)])];
}

function placesOf({ part, options }: Bound<PartFacts<unknown>>, env: Env): readonly string[] {
  const places = part.reads?.(described(options), env) ?? [];
  return [...places.map(({ path }) => path), ...filesIn(options)];
}

function filesIn(options: unknown): readonly string[] {
  return sourcesIn(options).flatMap((source) => ("file" in source ? [source.file] : []));
}
