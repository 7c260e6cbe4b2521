import { closeSync, constants, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";

/** Some file systems (FUSE, 9p) have no such call for a directory, and one that we may write in but not read cannot be asked: there is nothing to confirm then. */
const unconfirmed = ["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EACCES"];

/** Makes the entries of a directory durable: a file that was synced may else be lost with its name (fsync(2)). Throws the system's error. */
export function syncDirectory(path: string): void {
  try {
    sync(path);
  } catch (error) {
    if (!unconfirmed.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

function sync(path: string): void {
  const directory = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/** Makes directories durable that were just made: from the one above `first`, the outermost of them, to the one above `last`. */
export function syncMade(first: string, last: string): void {
  for (let path = last; ; path = dirname(path)) {
    syncDirectory(dirname(path));
    if (path === first || path === dirname(path)) return;
  }
}
