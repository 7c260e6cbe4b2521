/** Plugins by others, which most specs do not name. */
import { isPackage, type LazyPlugin, loadInProcess, loadProgram, type LoadedPlugin, pluginsOf } from "@rotate/core";
import { isRotateError } from "@rotate/plugin-kit";

/** A package or a program, by its name in a spec. Throws RotateError when there is none, or it is not what was approved. @param directory of the spec */
export function loadThirdParty(name: string, directory: string): Promise<LoadedPlugin | LazyPlugin> {
  return process.env["ROTATE_PLUGINS_IN_PROCESS"] === "1" && isPackage(name, directory)
    ? loadInProcess(name, directory)
    : loadProgram(name, directory);
}

/** The programs that a spec names as plugins; none where it cannot be read. */
export async function pluginNames(file: string): Promise<readonly string[]> {
  try {
    return (await pluginsOf(file)).names;
  } catch (error) {
    if (isRotateError(error)) return [];
    throw error;
  }
}
