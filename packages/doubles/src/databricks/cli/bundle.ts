import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** databricks/cli bundle/config/filename.go. */
const names = ["databricks.yml", "databricks.yaml", "bundle.yml", "bundle.yaml"];

/** The host that a bundle names: of DATABRICKS_BUNDLE_ROOT, else of the nearest one from the working directory up (databricks/cli bundle/root.go). Throws an Error in the CLI's words. */
export function bundleHost(): string | undefined {
  const root = process.env["DATABRICKS_BUNDLE_ROOT"] || process.env["BUNDLE_ROOT"];
  const file = root ? named(root) : nearest(process.cwd());
  if (file === undefined) return undefined;
  return /^workspace:\n(?:[ \t]+.*\n)*?[ \t]+host:[ \t]*(\S+)/m.exec(readFileSync(file, "utf8"))?.[1];
}

function named(root: string): string {
  const found = existsSync(root) && statSync(root).isDirectory() ? inDirectory(root) : undefined;
  if (found !== undefined) return found;
  throw new Error(`Invalid bundle root DATABRICKS_BUNDLE_ROOT="${root}": no configuration file found`);
}

function nearest(directory: string): string | undefined {
  const parent = dirname(directory);
  return inDirectory(directory) ?? (parent === directory ? undefined : nearest(parent));
}

function inDirectory(directory: string): string | undefined {
  return names.map((name) => join(directory, name)).find((path) => existsSync(path));
}
