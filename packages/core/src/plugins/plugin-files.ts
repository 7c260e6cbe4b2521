import { statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { isRotateError } from "@rotate/plugin-kit";
import { locatePlugin } from "./npm/closure.ts";
import { isPath } from "./place.ts";

/** The name of the file beside the spec that pins plugins. */
export const lockName = "rotate.lock";

/**
 * Files whose change may mean that a plugin is another one: the lock, each program, and of each package its package.json, which every other version changes.
 * @param file the spec
 */
export function pluginFiles(file: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const directory = dirname(file);
  return [join(directory, lockName), ...names.flatMap((name) => filesOfPlugin(name, directory))];
}

/** None while it is not installed: its lock tells when it is again. */
function filesOfPlugin(name: string, directory: string): readonly string[] {
  const path = isPath(name) ? resolve(directory, name) : directoryOf(name, directory);
  if (path === undefined) return [];
  const manifest = join(path, "package.json");
  return [statSync(manifest, { throwIfNoEntry: false }) === undefined ? path : manifest];
}

function directoryOf(name: string, from: string): string | undefined {
  try {
    return locatePlugin(name, { from }).directory;
  } catch (error) {
    if (!isRotateError(error)) throw error;
    return undefined;
  }
}
