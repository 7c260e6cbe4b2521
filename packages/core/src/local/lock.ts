import { existsSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { Lock, Locks } from "./claims.ts";
import { makeFolder } from "./folders.ts";
import { fileIdentity, stateError } from "./state-error.ts";

/** Locks that the kernel frees when the process dies. */
export interface LockFiles extends Locks {
  /** Every lock of this process. */
  readonly releaseAll: () => void;
}

/**
 * One lock file per rotation in `directory`. A lock is an exclusive SQLite transaction: the kernel frees it the instant the process dies, and it holds
 * while the process is stopped. POSIX locks end when any descriptor of the file is closed in the process, so each file is opened at most once.
 */
export function createLocks(directory: string): LockFiles {
  const pathOf = (rotation: string): string => `${directory}/${rotation}.lock`;
  const held = new Map<string, DatabaseSync>();

  function release(rotation: string): void {
    const database = held.get(rotation);
    held.delete(rotation);
    database?.close();
  }

  function tryLock(rotation: string): Lock | undefined {
    if (held.has(rotation)) return undefined;
    const path = pathOf(rotation);
    const database = acquire(path, directory);
    if (!database) return undefined;
    held.set(rotation, database);
    const mine = fileIdentity(path);
    return {
      place: path,
      valid: () => held.get(rotation) === database && mine !== undefined && fileIdentity(path) === mine,
      release: () => void (held.get(rotation) === database && release(rotation)),
    };
  }

  return {
    tryLock,
    isLocked: (rotation) => held.has(rotation) || isTaken(pathOf(rotation)),
    releaseAll: () => [...held.keys()].forEach(release),
  };
}

/** Longer than a look lasts, ms: a look is no reason to be refused. */
const lookTime = 3;

function acquire(path: string, directory: string): DatabaseSync | undefined {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  let database: DatabaseSync | undefined;
  try {
    makeFolder(directory);
    database = new DatabaseSync(path, { timeout: lookTime });
    database.exec("begin exclusive");
    return database;
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    throw stateError(path, error);
  }
}

/** A reader is refused by a writer, and by nobody else. */
function isTaken(path: string): boolean {
  if (!existsSync(path)) return false;
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: 0 });
    database.exec("select 1 from sqlite_schema");
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw stateError(path, error);
  } finally {
    database?.close();
  }
}

function isBusy(error: unknown): boolean {
  return (error as { errcode?: number }).errcode === sqliteBusy;
}

const sqliteBusy = 5;
