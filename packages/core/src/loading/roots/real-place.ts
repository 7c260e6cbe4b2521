import { type BigIntStats, lstatSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** A path as the machine sees it. */
export interface RealPlace {
  /** Without symbolic links as far as it exists. */
  readonly path: string;
  /** Device and inode of an existing file: one file has several paths by hard links, bind mounts and file systems that fold case. */
  readonly inode: string | undefined;
}

interface Directory {
  /** Without symbolic links as far as it exists. */
  readonly path: string;
  /** Nothing of it can be seen: nor can what is in it. */
  readonly isAbsent: boolean;
}

/** What finding places has looked at, by the paths that were asked for. */
export interface Looked {
  /** Directories that are there, and without links. */
  readonly directories: readonly (readonly [path: string, real: string])[];
  /** Those of them of which an entry was looked at that is no directory, or is not there. */
  readonly leaned: ReadonlySet<string>;
  /** Symbolic links, and what is at their ends. */
  readonly links: readonly (readonly [path: string, place: RealPlace])[];
}

/** Finds places, and tells what that depended on. */
export interface PlaceFinder {
  readonly find: (path: string) => RealPlace;
  readonly looked: () => Looked;
}

/**
 * Finds places, each once: what it finds is of one moment. Remembers directories, for a spec has many files in few of them. Nothing is opened, and what cannot
 * be looked at counts as absent.
 */
export function createPlaceFinder(): PlaceFinder {
  const directories = new Map<string, Directory>();
  const places = new Map<string, RealPlace>();
  const leaned = new Set<string>();
  const links = new Map<string, RealPlace>();
  /** A link that leads nowhere, or a directory on a way that may not be gone. */
  const barred = new Set<string>();

  function directoryAt(path: string): Directory {
    const known = directories.get(path) ?? lookAtDirectory(path);
    directories.set(path, known);
    return known;
  }

  /** An error costs ten times what a look does: the path is only resolved where there is something. */
  function lookAtDirectory(path: string): Directory {
    const parent = dirname(path);
    const above = parent === path ? undefined : directoryAt(parent);
    const inAbove = above === undefined ? path : join(above.path, basename(path));
    if (above?.isAbsent === true) return { path: inAbove, isAbsent: true };
    if (lstat(path) === undefined) {
      leaned.add(parent);
      return { path: inAbove, isAbsent: true };
    }
    const real = orAbsent(() => realpathSync.native(path));
    if (real === undefined) barred.add(path);
    return { path: real ?? inAbove, isAbsent: real === undefined };
  }

  function look(path: string): RealPlace {
    const above = directoryAt(dirname(path));
    const own = above.isAbsent ? undefined : lstat(path);
    if (!above.isAbsent) leaned.add(dirname(path));
    const isLink = own?.isSymbolicLink() === true;
    const real = isLink ? directoryAt(path).path : join(above.path, basename(path));
    const stats = isLink ? orAbsent(() => statSync(path, { bigint: true, throwIfNoEntry: false })) : own;
    const place = { path: real, inode: stats?.isFile() === true ? `${stats.dev}:${stats.ino}` : undefined };
    if (isLink) links.set(path, place);
    return place;
  }

  function find(path: string): RealPlace {
    const known = places.get(path) ?? look(path);
    places.set(path, known);
    return known;
  }

  return {
    find,
    looked: () => ({
      links: [...links, ...[...barred].map((path) => [path, find(path)] as const)],
      directories: [...directories].flatMap(([path, { isAbsent, path: real }]) =>
        isAbsent ? [] : [[path, real] as const],
      ),
      leaned,
    }),
  };
}

function lstat(path: string): BigIntStats | undefined {
  return orAbsent(() => lstatSync(path, { bigint: true, throwIfNoEntry: false }));
}

/** What a look at the file system gives; undefined without permission to look, or on a broken disk. */
export function orAbsent<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && "syscall" in error) return undefined;
    throw error;
  }
}
