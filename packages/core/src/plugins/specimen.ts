/** A plugin as it lies there now, whatever its kind: what it is held against the lock with, and how it is started. */
import { statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { apiVersions, invalid } from "@rotate/plugin-kit";
import type { Child, Launch } from "./child.ts";
import { checkDescription, type Description } from "./describe.ts";
import { badFrame, isFrame } from "./frames.ts";
import type { LockEntry, PackageEntry, ProgramEntry } from "./lock-entry.ts";
import { closureOf, type Closure } from "./npm/closure.ts";
import { entryOf } from "./npm/entry.ts";
import { launchOf } from "./npm/launch.ts";
import { checkNeeds, type Allowed } from "./npm/needs.ts";
import { isPath, placeOf, refuseOthers, type Place } from "./place.ts";

/** What a plugin says when it is asked what it is. */
export interface Told {
  readonly describe: Description;
  /** Of packages. */
  readonly package?: { readonly apiVersion: number; readonly allow: Allowed };
}

/** A plugin as it lies there. */
export interface Specimen {
  /** How it is started; a package with what it was allowed, and less before it was. */
  readonly launch: (entry?: LockEntry) => Launch;
  /** What is not as the lock has it, a few words each; none: it is what was approved. */
  readonly differences: (entry: LockEntry) => readonly string[];
  /** What to write into the lock. @param old what was there */
  readonly entryWith: (told: Told, old: LockEntry | undefined) => LockEntry;
  /** The same when nothing has changed since. */
  readonly identity: string;
  /** Of programs. */
  readonly place?: Place;
  /** Of packages. */
  readonly closure?: Closure;
}

/** The folder of a package that is named by a path. */
export function folderOf(name: string, directory: string): string | undefined {
  if (!isPath(name)) return undefined;
  const folder = resolve(directory, name);
  return statSync(join(folder, "package.json"), { throwIfNoEntry: false }) === undefined ? undefined : folder;
}

/** Is it a package? Else it is a program. @param directory of the spec */
export function isPackage(name: string, directory: string): boolean {
  return !isPath(name) || folderOf(name, directory) !== undefined;
}

/** Looks at a plugin. Throws NOT_FOUND when it is not there, INVALID when others could change it. @param directory of the spec */
export async function specimenOf(name: string, directory: string): Promise<Specimen> {
  return isPackage(name, directory)
    ? packageSpecimen(name, directory)
    : programSpecimen(await placeOf(name, directory));
}

function programSpecimen(place: Place): Specimen {
  const { file, platform, integrity, interpreter } = place;
  return {
    place,
    identity: integrity,
    launch: () => ({ file, cwd: dirname(file) }),
    differences(entry) {
      if (entry.kind !== "executable") return ["it was approved as a package"];
      const was = Object.hasOwn(entry.platforms, platform) ? entry.platforms[platform] : undefined;
      if (was === integrity) return [];
      return was === undefined
        ? [`it was approved for ${Object.keys(entry.platforms).join(", ")} only, this is ${platform}`]
        : [`${file} changed`];
    },
    entryWith: ({ describe }, old): ProgramEntry => ({
      kind: "executable",
      protocol: 1,
      platforms: { ...(platform === "any" ? {} : binariesOf(old)), [platform]: integrity },
      ...(interpreter !== undefined && { interpreter }),
      describe,
    }),
  };
}

/** What was approved for other platforms stays approved. */
function binariesOf(old: LockEntry | undefined): ProgramEntry["platforms"] {
  const platforms = old?.kind === "executable" ? Object.entries(old.platforms) : [];
  return Object.fromEntries(platforms.filter(([platform]) => platform !== "any"));
}

async function packageSpecimen(name: string, directory: string): Promise<Specimen> {
  const closure = closureOf(name, { from: directory, folder: folderOf(name, directory) });
  for (const tree of closure.packages) await refuseOthers(name, tree.directory);
  const { root, packages, integrity } = closure;
  return {
    closure,
    identity: integrity,
    launch: (entry) =>
      launchOf(name, {
        closure,
        entry: entryOf(name, root),
        network: entry?.kind === "npm" ? entry.allow.network : undefined,
      }),
    differences: (entry) => (entry.kind === "npm" ? differencesOf(closure, entry) : ["it was approved as a program"]),
    entryWith({ describe, package: said }): PackageEntry {
      if (said === undefined) throw new Error("a package says what it needs");
      return {
        kind: "npm",
        version: String(root.about["version"]),
        protocol: 1,
        apiVersion: said.apiVersion,
        integrity,
        packages: Object.fromEntries(
          packages.map((tree) => [
            tree.id,
            { integrity: tree.integrity, ...(tree.id === root.id && { files: Object.fromEntries(tree.files) }) },
          ]),
        ),
        allow: said.allow,
        describe,
      };
    },
  };
}

/** Packages that the lock has and that are not here are optional ones: what is needed and absent was found before. */
function differencesOf({ root, packages }: Closure, entry: PackageEntry): readonly string[] {
  return packages.flatMap(({ id, integrity, files }) => {
    const was = Object.hasOwn(entry.packages, id) ? entry.packages[id] : undefined;
    if (was?.integrity === integrity) return [];
    if (id !== root.id || was?.files === undefined) return [`${was === undefined ? "added" : "changed"} ${id}`];
    return filesBetween(was.files, files);
  });
}

function filesBetween(was: Readonly<Record<string, string>>, is: ReadonlyMap<string, string>): readonly string[] {
  const known = new Map(Object.entries(was));
  const changed = [...is]
    .filter(([path, integrity]) => known.get(path) !== integrity)
    .map(([path]) => `${known.has(path) ? "changed" : "added"} ${path}`);
  return [...changed, ...[...known.keys()].filter((path) => !is.has(path)).map((path) => `removed ${path}`)];
}

/** Asks a plugin that has just been started what it is. Throws BAD_ANSWER for what is not told as it must be, INVALID for a plugin of another API version. */
export async function askWhat(child: Child, specimen: Specimen, signal: AbortSignal): Promise<Told> {
  if (specimen.closure === undefined)
    return { describe: checkDescription(await child.ask({ call: "describe", protocols: [1] }, signal)) };
  const said = await child.ask({ call: "describe", protocols: [1], apiVersions }, signal);
  if (!isFrame(said)) throw badFrame("its description is no object");
  const { apiVersion, needs, describe } = said;
  if (!apiVersions.includes(apiVersion as number))
    throw invalid(
      `it was made for plugin API version ${String(apiVersion)}; this rotate takes ${apiVersions.join(" and ")}`,
      Number(apiVersion) > Math.max(...apiVersions)
        ? "install a newer rotate, or an older version of the plugin"
        : "install a newer version of the plugin",
    );
  const allow = checkNeeds(needs);
  return { describe: checkDescription(describe), package: { apiVersion: Number(apiVersion), allow } };
}
