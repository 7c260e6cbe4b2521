/** Whether each module of the bundle that is imported late is there, loads, and has every name that the sources find in it. */
import { isBuiltin } from "node:module";
import { resolve } from "node:path";
import type { Metafile } from "esbuild";
import { commonJsMark, fileOf, namesOf } from "./lazy-packages.ts";

/** Packages that a bundled package asks for and can do without: a faster `pg`, a hash that Redis has commands for, colours in `mysql2` when it is debugged. */
export const optional: readonly string[] = ["pg-native", "@node-rs/xxhash", "cardinal"];

/** What is missing, a line each. Loads every module twice, so it has to run with the condition `rotate:src`. @param root the folder that the metafile's paths start from */
export async function faultsOfBundle({ outputs }: Metafile, root: string): Promise<readonly string[]> {
  const imports = Object.values(outputs).flatMap((output) => output.imports);
  const outside = imports.filter(({ path, external }) => external && !isBuiltin(path) && !optional.includes(path));
  const lazy = new Set(
    imports.filter(({ kind, external }) => kind === "dynamic-import" && !external).map(({ path }) => path),
  );
  const missing = await Promise.all([...lazy].map((path) => missingFrom(path, outputs[path]?.entryPoint, root)));
  return [...outside.map(({ path }) => `${path} is not in the bundle`), ...missing.flat()];
}

async function missingFrom(chunk: string, source: string | undefined, root: string): Promise<readonly string[]> {
  if (source === undefined) return [`${chunk} is imported and was not written`];
  try {
    const given = new Set(await namesOf(resolve(root, chunk)));
    const expected = await namesOf(resolve(root, fileOf(source)));
    return expected
      .filter((name) => name !== commonJsMark && !given.has(name))
      .map((name) => `${chunk}: no ${name}, which ${source} has`);
  } catch (error) {
    return [`${chunk} does not load: ${String(error)}`];
  }
}
