import { lstatSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** A path as the machine sees it. */
export interface RealPlace {
  /** Without symbolic links as far as it exists. */
  readonly path: string;
  /** Device and inode of an existing file: one file has several paths by hard links, bind mounts and file systems that fold case. */
  readonly inode: string | undefined;
}

/** Finds places. Remembers directories, for a spec has many files in few of them. Nothing is opened, and what cannot be looked at counts as absent. */
export function createPlaceFinder(): (path: string) => RealPlace {
  const directories = new Map<string, string>();

  function realDirectory(path: string): string {
    const known = directories.get(path);
    if (known !== undefined) return known;
    const real = orAbsent(() => realpathSync.native(path)) ?? inParent(path);
    directories.set(path, real);
    return real;
  }

  function inParent(path: string): string {
    const parent = dirname(path);
    return parent === path ? path : join(realDirectory(parent), basename(path));
  }

  return (path) => {
    const isLink = orAbsent(() => lstatSync(path, { throwIfNoEntry: false }))?.isSymbolicLink() === true;
    const real = isLink ? realDirectory(path) : inParent(path);
    const stats = orAbsent(() => statSync(path, { bigint: true, throwIfNoEntry: false }));
    return { path: real, inode: stats?.isFile() === true ? `${stats.dev}:${stats.ino}` : undefined };
  };
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
