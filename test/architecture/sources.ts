/** What the sources of a package import, read from their text. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { filesUnder, root } from "../support/workspace.ts";

/** One import, type imports included. Paths relative to the checkout. */
export interface Import {
  readonly file: string;
  /** As it is written. */
  readonly specifier: string;
}

/** The text of a source without its comments. */
export function bareText(file: string): string {
  const text = readFileSync(join(root, file), "utf8");
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "");
}

/** The static and dynamic imports and the re-exports of a file. */
export function importsOf(file: string): readonly Import[] {
  const text = bareText(file);
  const stated = text.matchAll(/^(?:import|export)\b(?:[^"'`;=]*?\bfrom)?\s+"([^"]+)"/gm);
  const dynamic = text.matchAll(/\bimport\(\s*"([^"]+)"/g);
  return [...stated, ...dynamic].map((match) => ({ file, specifier: match[1] ?? "" }));
}

/** All imports of the sources of a package. @param folder `plugins/jwt` */
export function importsIn(folder: string): readonly Import[] {
  return filesUnder(`${folder}/src`, ".ts").flatMap(importsOf);
}

/** True for a module of the same package. */
export function isRelative({ specifier }: Import): boolean {
  return specifier.startsWith(".");
}

/** The file that a relative import means. */
export function targetOf({ file, specifier }: Import): string {
  return join(file, "..", specifier);
}

/** A source file and all that it imports of its own package, directly or not. */
export function reachedFrom(entry: string): readonly string[] {
  const reached = [entry];
  for (const file of reached) {
    const targets = importsOf(file).filter(isRelative).map(targetOf);
    reached.push(...targets.filter((target) => !reached.includes(target)));
  }
  return reached;
}

/** Groups of files of a package that reach each other in a circle: a change of one may need all of them. */
export function circlesIn(folder: string): readonly (readonly string[])[] {
  const files = filesUnder(`${folder}/src`, ".ts");
  const reach = new Map(files.map((file) => [file, new Set(importsOf(file).filter(isRelative).map(targetOf))]));
  for (const middle of files) {
    for (const targets of reach.values()) {
      if (targets.has(middle)) for (const target of reach.get(middle) ?? []) targets.add(target);
    }
  }
  const within = (one: string, other: string) => reach.get(one)?.has(other) && reach.get(other)?.has(one);
  const circular = files.filter((file) => within(file, file));
  return circular
    .filter((file, at) => !circular.slice(0, at).some((earlier) => within(earlier, file)))
    .map((file) => circular.filter((other) => within(file, other)));
}
