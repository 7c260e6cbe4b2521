import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { EngineError } from "../engine-error.ts";
import { stateError } from "./state-error.ts";
import { syncDirectory } from "./sync-directory.ts";
import { fingerprintOver, fingerprintWith, type Fingerprint, type NamedKey } from "../store/fingerprint.ts";

const keyLength = 32;

/** The fingerprint under the key in `directory`; the key is made on first use. It has a file of its own: without it the state's fingerprints say nothing. */
export function openFingerprint(directory: string): Fingerprint {
  const path = `${directory}/fingerprint.key`;
  try {
    return fingerprintUnder([{ key: readOrMakeKey(path), name: "" }, ...readRing(directory)]);
  } catch (error) {
    throw stateError(path, error);
  }
}

/** One that is known by nothing, for a state that can only be read and has none. */
export function readFingerprint(directory: string): Fingerprint {
  const path = `${directory}/fingerprint.key`;
  try {
    return fingerprintUnder([{ key: read(path) ?? randomBytes(keyLength), name: "" }, ...readRing(directory)]);
  } catch (error) {
    throw stateError(path, error);
  }
}

function fingerprintUnder(ring: readonly NamedKey[]): Fingerprint {
  return ring.length === 1 ? fingerprintWith(ring[0]!.key) : fingerprintOver(() => ring);
}

/** All keys that are in `directory`: its own, if one was made, and those of a fleet that was at home here. */
export function ownKeys(directory: string): readonly NamedKey[] {
  const path = `${directory}/fingerprint.key`;
  try {
    const key = read(path);
    return [...(key === undefined ? [] : [{ key, name: "" }]), ...readRing(directory)];
  } catch (error) {
    throw stateError(path, error);
  }
}

/** Keys of a fleet whose fingerprints stand in this state from now on. Durable when it returns. */
export function keepKeys(directory: string, keys: readonly NamedKey[]): void {
  const path = ringOf(directory);
  try {
    const known = readRing(directory);
    const fresh = keys.filter(({ name }) => !known.some((each) => each.name === name));
    if (fresh.length === 0) return;
    const lines = [...known, ...fresh].map(({ key, name }) => `${name} ${key.toString("base64")}\n`);
    const temporary = writeBeside(path, lines.join(""));
    renameSync(temporary, path);
    syncDirectory(directory);
  } catch (error) {
    throw stateError(path, error);
  }
}

function ringOf(directory: string): string {
  return `${directory}/fingerprint.ring`;
}

/** A line each: its name, and the key. */
function readRing(directory: string): readonly NamedKey[] {
  const path = ringOf(directory);
  const lines = (readIfThere(path)?.toString() ?? "").split("\n").filter(Boolean);
  return lines.map((line) => {
    const [name = "", text = ""] = line.split(" ");
    const key = Buffer.from(text, "base64");
    return key.length === keyLength ? { name, key } : unreadable(path);
  });
}

function readOrMakeKey(path: string): Buffer {
  const existing = read(path);
  if (existing) return existing;
  makeKey(path);
  return read(path) ?? unreadable(path);
}

function read(path: string): Buffer | undefined {
  const key = readIfThere(path);
  return key === undefined || key.length === keyLength ? key : unreadable(path);
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Written whole under another name and linked: of two processes that start at once, one key wins. Its name is durable before anything is told by it. */
function makeKey(path: string): void {
  const temporary = writeBeside(path, randomBytes(keyLength));
  try {
    linkSync(temporary, path);
    syncDirectory(dirname(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Durable under a name of its own, which it gives. */
function writeBeside(path: string, content: string | Buffer): string {
  const temporary = `${path}.${randomBytes(8).toString("hex")}`;
  const file = openSync(temporary, "wx", 0o600);
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return temporary;
}

function unreadable(path: string): never {
  throw new EngineError(`${path} is not a fingerprint key`, {
    code: "ROTATE_STATE_UNUSABLE",
    exitCode: 6,
    hint: "restore it from a backup, or move the state directory away: every rotation is then minted anew",
  });
}
