/** What an npm plugin is: its package and all that it depends on, as found from the spec's folder. A hash for each package, and one for all. */
import { createHash, hash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { invalid, RotateError } from "@rotate/plugin-kit";
import { isFrame, type Frame } from "../frames.ts";
import { refuseOwner } from "../place.ts";

/** One package as it lies there. */
export interface PackageTree {
  /** `name@version` */
  readonly id: string;
  /** Its real path. */
  readonly directory: string;
  /** The `sha256-…` of each file, by its path with slashes, sorted. */
  readonly files: ReadonlyMap<string, string>;
  /** Of all of them. */
  readonly integrity: string;
  /** Its package.json. */
  readonly about: Frame;
}

/** A package and all that it depends on. */
export interface Closure {
  /** The plugin itself. */
  readonly root: PackageTree;
  /** One of each `name@version`, sorted; the plugin is among them. */
  readonly packages: readonly PackageTree[];
  readonly integrity: string;
  /** What has to be readable so that each finds what it depends on: the folders, and the links to them. */
  readonly reads: readonly string[];
}

/** What the engine provides, whatever lies there. */
const provided: readonly string[] = ["@rotate/plugin-kit"];

/** `sha256-` over lines. */
export function sumOf(lines: readonly string[]): string {
  const sum = createHash("sha256");
  for (const line of lines) sum.update(`${line}\n`);
  return `sha256-${sum.digest("base64")}`;
}

/** Of a package, by the hashes of its files. */
export function integrityOfFiles(files: Iterable<readonly [path: string, integrity: string]>): string {
  return sumOf([...files].toSorted(byName).map(([path, integrity]) => `${path}\0${integrity}`));
}

/** Of a closure, by those of its packages. */
export function integrityOfPackages(packages: Iterable<readonly [id: string, integrity: string]>): string {
  return sumOf([...packages].toSorted(byName).map(([id, integrity]) => `${id} ${integrity}`));
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Hashes every file below; nested node_modules are packages of their own. Throws INVALID for a link, which Node follows past its permissions, and what others can change. */
function filesOf(plugin: string, root: string): ReadonlyMap<string, string> {
  const files: (readonly [string, string])[] = [];
  function walk(directory: string): void {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory() && (entry.name === "node_modules" || entry.name === ".git")) continue;
      const stats = lstatSync(path);
      if (!stats.isDirectory() && !stats.isFile())
        throw invalid(`plugin ${plugin}: ${path} is ${stats.isSymbolicLink() ? "a link" : "no regular file"}`, noLinks);
      if ((stats.mode & 0o6000) !== 0 && stats.isFile())
        throw invalid(`plugin ${plugin}: ${path} is setuid or setgid`, `chmod ug-s ${path}`);
      refuseOwner(plugin, { at: path, stats });
      if (stats.isDirectory()) walk(path);
      else
        files.push([
          relative(root, path).split(sep).join("/"),
          `sha256-${hash("sha256", readFileSync(path), "base64")}`,
        ]);
    }
  }
  walk(root);
  return new Map(files.toSorted(byName));
}

const noLinks = "a package is files and folders: put the file itself there";

interface Found {
  /** The real path. */
  readonly directory: string;
  /** All that was looked at on the way, the last is where it is. */
  readonly tried: readonly string[];
}

/** Node's own walk up the tree, then the real path: so npm, pnpm and workspaces find the same. */
function locate(name: string, from: string): Found | undefined {
  const tried: string[] = [];
  for (let at = from; ; at = dirname(at)) {
    const path = join(at, "node_modules", name);
    tried.push(path);
    if (statSync(join(path, "package.json"), { throwIfNoEntry: false }) !== undefined)
      return { directory: realpathSync(path), tried };
    if (at === dirname(at)) return undefined;
  }
}

function refusePlugAndPlay(plugin: string, from: string): void {
  for (let at = from; ; at = dirname(at)) {
    if (statSync(join(at, ".pnp.cjs"), { throwIfNoEntry: false }) !== undefined)
      throw invalid(
        `plugin ${plugin}: Yarn keeps packages in archives here`,
        "set `nodeLinker: node-modules` in .yarnrc.yml",
      );
    if (at === dirname(at)) return;
  }
}

/** Where a plugin's package is: a name is looked up from the spec's folder, a path leads to a folder with a package.json. Throws NOT_FOUND. */
export function locatePlugin(
  plugin: string,
  { from, folder }: { readonly from: string; readonly folder?: string | undefined },
): Found {
  if (folder !== undefined) return { directory: realpathSync(folder), tried: [] };
  const found = locate(plugin, realpathSync(from));
  if (found !== undefined) return found;
  refusePlugAndPlay(plugin, from);
  throw new RotateError(`plugin ${plugin}: there is no such package`, {
    code: "NOT_FOUND",
    retryable: false,
    hint: `npm install ${plugin}, in the folder of the spec or above it`,
  });
}

interface Wanted {
  readonly name: string;
  readonly optional: boolean;
}

/** Optional and peer dependencies count where they are there. */
function dependenciesOf(about: Frame): readonly Wanted[] {
  const named = (key: string): readonly string[] => (isFrame(about[key]) ? Object.keys(about[key]) : []);
  const optional = named("optionalDependencies");
  return [
    ...named("dependencies").map((name) => ({ name, optional: optional.includes(name) })),
    ...[...optional, ...named("peerDependencies")].map((name) => ({ name, optional: true })),
  ].filter(({ name }) => !provided.includes(name));
}

function packageAt(plugin: string, directory: string): PackageTree {
  const about = aboutPackage(plugin, directory);
  const files = filesOf(plugin, directory);
  const { name, version } = about;
  if (typeof name !== "string" || typeof version !== "string")
    throw invalid(`plugin ${plugin}: ${directory}/package.json has no name or no version`, "write both");
  return { id: `${name}@${version}`, directory, files, integrity: integrityOfFiles(files), about };
}

/** Its package.json. Throws DENIED, INVALID. */
export function aboutPackage(plugin: string, directory: string): Frame {
  try {
    const about: unknown = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
    if (isFrame(about)) return about;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EACCES")
      throw new RotateError(`plugin ${plugin}: ${directory} cannot be read`, {
        code: "DENIED",
        retryable: false,
        cause,
      });
  }
  throw invalid(`plugin ${plugin}: ${directory}/package.json cannot be understood`, "install the package again");
}

/** Reads every file of a plugin and of what it depends on. Throws INVALID, NOT_FOUND. */
export function closureOf(
  plugin: string,
  place: { readonly from: string; readonly folder?: string | undefined },
): Closure {
  const first = locatePlugin(plugin, place);
  const seen = new Map<string, PackageTree>();
  const ways = new Set<string>(first.tried.slice(-1));
  function visit(directory: string): void {
    if (seen.has(directory)) return;
    refusePlugAndPlay(plugin, directory);
    const tree = packageAt(plugin, directory);
    seen.set(directory, tree);
    for (const { name, optional } of dependenciesOf(tree.about)) {
      const found = locate(name, directory);
      if (found === undefined && !optional)
        throw new RotateError(`plugin ${plugin}: ${name}, which ${tree.id} depends on, is not installed`, {
          code: "NOT_FOUND",
          retryable: false,
          hint: "install the plugin's package again",
        });
      found?.tried.forEach((path) => ways.add(path));
      if (found !== undefined) visit(found.directory);
    }
  }
  visit(first.directory);
  const packages = oneOfEach(plugin, [...seen.values()]);
  return {
    root: seen.get(first.directory)!,
    packages,
    integrity: integrityOfPackages(packages.map(({ id, integrity }) => [id, integrity])),
    reads: [...seen.keys(), ...ways],
  };
}

/** One package may lie there twice; two that differ under one name and version may not. */
function oneOfEach(plugin: string, trees: readonly PackageTree[]): readonly PackageTree[] {
  const byId = new Map<string, PackageTree>();
  for (const tree of trees) {
    const other = byId.get(tree.id);
    if (other !== undefined && other.integrity !== tree.integrity)
      throw invalid(
        `plugin ${plugin}: ${tree.id} lies there twice and differs: ${other.directory} and ${tree.directory}`,
        "install the packages again",
      );
    byId.set(tree.id, tree);
  }
  return [...byId.values()].toSorted((a, b) => byName([a.id, a], [b.id, b]));
}
