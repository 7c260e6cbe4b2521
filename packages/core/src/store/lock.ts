import { mkdirSync, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { Lock } from "./store.ts";

export interface Locks {
  readonly tryLock: (rotation: string) => Promise<Lock | undefined>;
  readonly releaseAll: () => void;
}

/**
 * One lock file per rotation in `directory`. A lock is an exclusive SQLite transaction: the kernel frees it the instant the process dies, and it holds
 * while the process is stopped. POSIX locks end when any descriptor of the file is closed in the process, so each file is opened at most once.
 */
export function createLocks(directory: string): Locks {
  const held = new Map<string, DatabaseSync>();

  function release(rotation: string): void {
    const database = held.get(rotation);
    held.delete(rotation);
    database?.close();
  }

  async function tryLock(rotation: string): Promise<Lock | undefined> {
    if (held.has(rotation)) return undefined;
    mkdirSync(directory, { mode: 0o700, recursive: true });
    const path = `${directory}/${rotation}.lock`;
    const database = acquire(path);
    if (!database) return undefined;
    held.set(rotation, database);
    const mine = identity(path);
    return {
      valid: () => held.get(rotation) === database && mine !== undefined && identity(path) === mine,
      release: () => void (held.get(rotation) === database && release(rotation)),
    };
  }

  return { tryLock, releaseAll: () => [...held.keys()].forEach(release) };
}

function acquire(path: string): DatabaseSync | undefined {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec("begin exclusive");
    return database;
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === sqliteBusy) return undefined;
    throw error;
  }
}

const sqliteBusy = 5;

/** Device and inode: another file under the same name is another lock. */
function identity(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}
