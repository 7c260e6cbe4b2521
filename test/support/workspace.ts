import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

export interface Workspace {
  /** `plugins/jwt`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}

/** Every package of the workspace. */
export function workspaces(): readonly Workspace[] {
  return ["packages", "plugins"].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => ({
      folder: `${parent}/${name}`,
      manifest: readJson(`${parent}/${name}/package.json`) as Manifest,
    })),
  );
}

/** The packages that are published. */
export function published(): readonly Workspace[] {
  return workspaces().filter(({ manifest }) => manifest.private !== true);
}

/** Files under a folder, relative to the checkout, that end so. */
export function filesUnder(folder: string, ending: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending) && !entry.parentPath.includes("node_modules"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .toSorted();
}
