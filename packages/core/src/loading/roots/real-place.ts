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

/**
 * Finds places, each once: what it finds is of one moment. Remembers directories, for a spec has many files in few of them. Nothing is opened, and what cannot
 * be looked at counts as absent.
 */
export function createPlaceFinder(): (path: string) => RealPlace {
  const directories = new Map<string, Directory>();
  const places = new Map<string, RealPlace>();

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
    if (above?.isAbsent === true || lstat(path) === undefined) return { path: inAbove, isAbsent: true };
    const real = orAbsent(() => realpathSync.native(path));
    return { path: real ?? inAbove, isAbsent: real === undefined };
  }

  function look(path: string): RealPlace {
    const above = directoryAt(dirname(path));
    const own = above.isAbsent ? undefined : lstat(path);
    const isLink = own?.isSymbolicLink() === true;
    const real = isLink ? directoryAt(path).path : join(above.path, basename(path));
    const stats = isLink ? orAbsent(() => statSync(path, { bigint: true, throwIfNoEntry: false })) : own;
    return { path: real, inode: stats?.isFile() === true ? `${stats.dev}:${stats.ino}` : undefined };
  }

  return (path) => {
    const known = places.get(path) ?? look(path);
    places.set(path, known);
    return known;
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
