import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, rmSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { Lock, Locks } from "./claims.ts";
import { makeFolder } from "./folders.ts";
import { fileIdentity, lockLost, stateError } from "./state-error.ts";

/** Locks that the kernel frees when their process dies. */
export interface ProcessLocks extends Locks {
  /** Ends the lock of this process, and with it all that it has claimed. */
  readonly release: () => void;
}

interface Held extends Lock {
  readonly database: DatabaseSync;
}

/**
 * One lock file in `directory` for each process, under a name of its own: whoever finds that name as the owner of a rotation asks the kernel whether its process lives. A
 * lock is an exclusive SQLite transaction: it holds while the process is stopped, and ends the instant it dies. A copied directory holds none. POSIX locks end when any
 * descriptor of the file is closed in the process, so it is only ever opened by SQLite, which knows.
 */
export function createLocks(directory: string): ProcessLocks {
  const pathOf = (owner: string): string => `${directory}/${owner}${suffix}`;
  let held: Held | undefined;

  /** Undefined when somebody who tidies up was at it between the two calls. */
  function take(): Held | undefined {
    const owner = randomBytes(8).toString("hex");
    const place = pathOf(owner);
    const database = acquire(place);
    const mine = fileIdentity(place);
    if (database === undefined || mine === undefined) {
      database?.close();
      return undefined;
    }
    return { owner, place, database, valid: () => database.isOpen && fileIdentity(place) === mine };
  }

  function own(): Lock {
    if (held?.valid() === true) return held;
    release();
    try {
      makeFolder(directory);
      tidy(directory);
      for (let tries = 0; held === undefined && tries < mostTries; tries++) held = take();
    } catch (error) {
      throw stateError(directory, error);
    }
    if (held === undefined) throw lockLost(directory);
    return held;
  }

  function release(): void {
    if (held?.valid() === true) rmSync(held.place, { force: true });
    if (held?.database.isOpen === true) held.database.close();
    held = undefined;
  }

  return {
    own,
    release,
    isAlive: (owner) => isTaken(pathOf(owner)),
  };
}

const suffix = ".lock";
const mostTries = 10;
/** Longer than a look lasts, ms: a look is no reason to be refused. */
const lookTime = 3;

/** Removes the files of processes that died. Whoever holds the lock of one may: nobody begins to work under a name that was removed. */
function tidy(directory: string): void {
  for (const name of readdirSync(directory).filter((file) => file.endsWith(suffix))) {
    const database = acquire(`${directory}/${name}`);
    if (database === undefined) continue;
    for (const path of [`${directory}/${name}-journal`, `${directory}/${name}`]) rmSync(path, { force: true });
    database.close();
  }
}

/** Undefined when somebody has it. */
function acquire(path: string): DatabaseSync | undefined {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: lookTime });
    database.exec("pragma journal_mode = memory; begin exclusive"); // nothing is written, and no journal lies beside it
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
    if (!existsSync(path)) return false; // it ended just now
    throw stateError(path, error);
  } finally {
    database?.close();
  }
}

function isBusy(error: unknown): boolean {
  return (error as { errcode?: number }).errcode === sqliteBusy;
}

const sqliteBusy = 5;
