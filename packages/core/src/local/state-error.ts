import { accessSync, constants, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { EngineError } from "../engine-error.ts";

/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const sqlite = { busy: 5, locked: 6, readonly: 8, ioerr: 10, corrupt: 11, full: 13, cantopen: 14, notadb: 26 } as const;

/** An error met while using a file of the state, with its path and what to do: `ROTATE_STATE_UNUSABLE`. What has nothing to do with files is given back as it is. */
export function stateError(path: string, error: unknown): unknown {
  if (error instanceof EngineError) return error;
  const { errcode, code, message } = error as { errcode?: number; code?: unknown; message?: string };
  if (errcode !== undefined) return unusable(path, { ...ofSqlite(errcode & 0xff, path), cause: error });
  if (error instanceof SyntaxError) return unusable(path, { ...damaged(path), cause: error });
  if (typeof code === "string" && /^E[A-Z]+$/.test(code))
    return unusable(path, { ...ofSystem(code, path, message ?? code), cause: error });
  return error;
}

/** The file that was opened does not stand there any more. */
export function stateLost(path: string): EngineError {
  return new EngineError(`the state ${path} was removed while rotate was at work`, {
    code: "ROTATE_STATE_LOST",
    exitCode: 6,
    hint: "put it back, and keep cleaners away from it; or start rotate again: every rotation then begins anew, and leases that lived are left to expire",
  });
}

/** What SQLite wrote does not stand there any more, and nobody else will see what it writes. */
export function logLost(log: string): EngineError {
  return new EngineError(`the log ${log} was removed or replaced while rotate was at work`, {
    code: "ROTATE_STATE_LOST",
    exitCode: 6,
    hint: "keep cleaners away from the state directory, and start rotate again: what was under way is looked after as after a crash",
  });
}

/** The lock that a claim stands on. */
export function lockLost(path: string): EngineError {
  return new EngineError(`the lock ${path} was removed or replaced while rotate was at work`, {
    code: "ROTATE_STATE_FENCED",
    exitCode: 5,
    hint: "keep cleaners away from the state directory; what was under way is looked after at the next try",
  });
}

interface Problem {
  readonly what: string;
  readonly hint: string;
}

function unusable(path: string, { what, hint, cause }: Problem & { readonly cause: unknown }): EngineError {
  return new EngineError(`cannot use the state ${path}: ${what}`, {
    code: "ROTATE_STATE_UNUSABLE",
    exitCode: 6,
    cause,
    hint,
  });
}

function ofSqlite(code: number, path: string): Problem {
  switch (code) {
    case sqlite.full:
      return full(path);
    case sqlite.readonly:
      return readOnly(path);
    case sqlite.corrupt:
    case sqlite.notadb:
      return damaged(path);
    case sqlite.busy:
    case sqlite.locked:
      return { what: "another process has kept it locked for too long", hint: `end what holds it: \`fuser ${path}\`` };
    case sqlite.ioerr:
    case sqlite.cantopen:
      return diskOf(path);
    default:
      return { what: `SQLite says ${code}`, hint: `look at ${dirname(path)}` };
  }
}

function ofSystem(code: string, path: string, message: string): Problem {
  if (code === "ENOSPC" || code === "EDQUOT") return full(path);
  if (code === "EROFS" || code === "EACCES" || code === "EPERM") return readOnly(path);
  return { what: message, hint: `look at ${dirname(path)}` };
}

/** SQLite only says that it could not: the directory tells why. */
function diskOf(path: string): Problem {
  try {
    accessSync(dirname(path), constants.W_OK);
    const { bavail, bsize } = statfsSync(dirname(path));
    if (bavail * bsize < needed) return full(path);
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    return ofSystem(code, path, message);
  }
  return { what: "its disk does not answer as it should", hint: `look at the disk of ${dirname(path)}` };
}

/** For the index that the readers of a log share. Bytes */
const needed = 64 * 1024;

function full(path: string): Problem {
  return {
    what: "the disk is full",
    hint: `make room on the disk of ${dirname(path)}; until then nothing is rotated, and what is held stays as it is`,
  };
}

function readOnly(path: string): Problem {
  return {
    what: "it may not be written",
    hint: `make ${dirname(path)} writable for the user that runs rotate; until then nothing is rotated`,
  };
}

function damaged(path: string): Problem {
  return {
    what: "it is damaged",
    hint: `restore ${path} from a backup, or move it away: every rotation is then minted anew`,
  };
}

/** Device and inode: another file under the same name is another file. */
export function fileIdentity(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}
