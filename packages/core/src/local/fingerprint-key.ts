import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { EngineError } from "../engine-error.ts";
import { stateError } from "./state-error.ts";
import { syncDirectory } from "./sync-directory.ts";
import { fingerprintWith, type Fingerprint } from "../store/fingerprint.ts";

const keyLength = 32;

/** The fingerprint under the key in `directory`; the key is made on first use. It has a file of its own: without it the state's fingerprints say nothing. */
export function openFingerprint(directory: string): Fingerprint {
  const path = `${directory}/fingerprint.key`;
  try {
    return fingerprintWith(readOrMakeKey(path));
  } catch (error) {
    throw stateError(path, error);
  }
}

/** One that is known by nothing, for a state that can only be read and has none. */
export function readFingerprint(directory: string): Fingerprint {
  const path = `${directory}/fingerprint.key`;
  try {
    return fingerprintWith(read(path) ?? randomBytes(keyLength));
  } catch (error) {
    throw stateError(path, error);
  }
}

/** The key in `directory`, if one was made. */
export function ownKey(directory: string): Buffer | undefined {
  const path = `${directory}/fingerprint.key`;
  try {
    return read(path);
  } catch (error) {
    throw stateError(path, error);
  }
}

function readOrMakeKey(path: string): Buffer {
  const existing = read(path);
  if (existing) return existing;
  makeKey(path);
  return read(path) ?? unreadable(path);
}

function read(path: string): Buffer | undefined {
  try {
    const key = readFileSync(path);
    return key.length === keyLength ? key : unreadable(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Written whole under another name and linked: of two processes that start at once, one key wins. Its name is durable before anything is told by it. */
function makeKey(path: string): void {
  const temporary = `${path}.${randomBytes(8).toString("hex")}`;
  const file = openSync(temporary, "wx", 0o600);
  try {
    writeSync(file, randomBytes(keyLength));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(temporary, path);
    syncDirectory(dirname(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function unreadable(path: string): never {
  throw new EngineError(`${path} is not a fingerprint key`, {
    code: "ROTATE_STATE_UNUSABLE",
    exitCode: 6,
    hint: "restore it from a backup, or move the state directory away: every rotation is then minted anew",
  });
}
