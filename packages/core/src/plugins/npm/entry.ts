import { statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { invalid } from "@rotate/plugin-kit";
import { isFrame } from "../frames.ts";
import type { PackageTree } from "./closure.ts";

/** The conditions that Node sets for an import. */
const conditions: readonly string[] = ["node", "import", "module-sync", "default"];

/** The URL of what `import` of a package loads: `exports`, else `main` (https://nodejs.org/api/packages.html#package-entry-points). Throws INVALID when it has none. */
export function entryOf(plugin: string, { directory, about }: Pick<PackageTree, "directory" | "about">): string {
  const { exports, main } = about;
  const named = exports === undefined ? (typeof main === "string" ? main : "index.js") : targetOf(exports);
  const file = named === undefined ? undefined : join(directory, named);
  if (file !== undefined && statSync(file, { throwIfNoEntry: false })?.isFile() === true)
    return pathToFileURL(file).href;
  throw invalid(
    `plugin ${plugin}: its package has no entry${named === undefined ? "" : `, ${named} is not there`}`,
    "`exports` of its package.json names the built file whose default export is the plugin",
  );
}

function targetOf(exports: unknown): string | undefined {
  if (typeof exports === "string") return exports.startsWith("./") ? exports : undefined;
  if (Array.isArray(exports)) return exports.map(targetOf).find((target) => target !== undefined);
  if (!isFrame(exports)) return undefined;
  if (Object.hasOwn(exports, ".")) return targetOf(exports["."]);
  for (const [condition, target] of Object.entries(exports))
    if (conditions.includes(condition)) return targetOf(target);
  return undefined;
}
