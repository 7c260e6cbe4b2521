import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { invalid, type Plugin } from "@rotate/plugin-kit";
import type { LoadedPlugin } from "../loading/catalog.ts";
import { aboutPackage, locatePlugin } from "./npm/closure.ts";
import { entryOf } from "./npm/entry.ts";
import { folderOf } from "./specimen.ts";

/** Loads a package into this very process, as it lies there: for its author, with a debugger. It is neither confined nor pinned, and each load says so. @param directory of the spec */
export async function loadInProcess(name: string, directory: string): Promise<LoadedPlugin> {
  const { directory: own } = locatePlugin(name, { from: directory, folder: folderOf(name, directory) });
  const entry = entryOf(name, { directory: own, about: aboutPackage(name, own) });
  // Not an import: a program that is compiled to one file cannot, and a breakpoint works all the same.
  const { default: plugin } = createRequire(entry)(fileURLToPath(entry)) as { readonly default?: Plugin };
  if (plugin?.apiVersion === undefined)
    throw invalid(`plugin ${name}: its entry has no default export that \`definePlugin\` made`, "export it");
  const warning = `plugin ${name} runs in rotate's own process, neither confined nor pinned: for its development only`;
  return { name, plugin, warning };
}
