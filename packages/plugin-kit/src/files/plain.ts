import { lstatSync } from "node:fs";

/** Files that this process made anew, with nothing taken over from another, by path: how they stood when they were in place. */
const made = new Map<string, string>();
const mostKept = 50_000;

/** `path` is a file that this process made anew and put in its place just now. @param through how it gets there */
export function notePlain(path: string, through: string): void {
  const stamp = stampAt(through);
  if (made.size >= mostKept) made.clear();
  if (stamp === undefined) made.delete(path);
  else made.set(path, stamp);
}

/** How the file stood when this process made it anew; undefined: it did not. */
export function madeAt(path: string): string | undefined {
  return made.get(path);
}

/**
 * Has the file nothing but what it gets by being made? Whoever gave it an attribute or an access list since has changed its ctime (inode(7)).
 * @param told what `madeAt` gave in the process that made it
 */
export function isPlain(path: string, told?: string): boolean {
  const known = made.get(path) ?? told;
  return known !== undefined && known === stampAt(path);
}

function stampAt(path: string): string | undefined {
  try {
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return stats && `${stats.dev} ${stats.ino} ${stats.ctimeNs}`;
  } catch {
    return undefined;
  }
}
