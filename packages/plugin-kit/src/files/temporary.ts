import { createHash, randomBytes } from "node:crypto";
import { lstatSync, type Stats, unlinkSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { childPath, type Directory } from "./directory.ts";
import { errnoOf, fileFault } from "./fault.ts";
import type { FileTools } from "./options.ts";

const prefix = ".rotate-tmp-";
const hour = 3_600_000;

/** A name that nobody can guess, so that nothing can be planted under it. With a mark, a later process of the same sink can tell whose it was. */
export function newTemporaryName(mark?: string): string {
  return `${prefix}${newSuffix(mark)}`;
}

/** 24 hexadecimal digits; the first twelve stand for the mark, if there is one. */
export function newSuffix(mark?: string): string {
  return `${markDigits(mark) ?? randomBytes(6).toString("hex")}${randomBytes(6).toString("hex")}`;
}

/** True for a suffix that `newSuffix` made for this mark. */
export function isMarked(suffix: string, mark: string | undefined): boolean {
  const digits = markDigits(mark);
  return digits !== undefined && suffix.startsWith(digits);
}

function markDigits(mark: string | undefined): string | undefined {
  return mark === undefined ? undefined : createHash("sha256").update(mark).digest("hex").slice(0, 12);
}

/** True for 24 hexadecimal digits. */
export function isSuffix(text: string): boolean {
  return /^[0-9a-f]{24}$/.test(text);
}

/** Removes a staged file; one that is gone is fine. Tried twice: a credential must not stay beside its target for one failed call. */
export async function discard(directory: Directory, name: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return unlinkSync(directory.at(name));
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return;
      if (tries === 2) throw fileFault(`remove ${childPath(directory, name)}`, error);
    }
  }
}

/**
 * Removes temporary files of ours that nobody needs any more: those of this sink's own mark, whatever their age, and those that any process left
 * an hour ago or more. To be called while holding the rotation's lock, with nothing of this sink staged. What cannot be removed is logged.
 */
export async function sweep(directory: Directory, tools: FileTools): Promise<void> {
  for (const name of await temporariesIn(directory, tools)) {
    await sweepOne(directory, name, tools).catch((error: unknown) => {
      if (errnoOf(error) === "ENOENT") return; // another process swept it at the same moment
      tools.log.warn("cannot remove a left-over temporary file", {
        path: childPath(directory, name),
        reason: fileFault("remove it", error).message,
      });
    });
  }
}

/** The same tools, with which everything is looked at anew. */
export function withoutTick(tools: FileTools): FileTools {
  const { tick: _tick, ...others } = tools;
  return others;
}

const lists = new WeakMap<object, Map<string, Promise<readonly string[]>>>();

/** The names of temporary files; of each directory one list for a whole tick, since ten thousand rotations may write into one. */
function temporariesIn(directory: Directory, { tick }: FileTools): Promise<readonly string[]> {
  if (tick === undefined) return listTemporaries(directory);
  const known = lists.get(tick) ?? new Map<string, Promise<readonly string[]>>();
  lists.set(tick, known);
  const key = `${directory.stats.dev}:${directory.stats.ino}`;
  const names = known.get(key) ?? listTemporaries(directory);
  known.set(key, names);
  return names;
}

async function listTemporaries(directory: Directory): Promise<readonly string[]> {
  return (await directory.names()).filter(isTemporary);
}

function isTemporary(name: string): boolean {
  return name.startsWith(prefix) && isSuffix(name.slice(prefix.length));
}

/**
 * Temporary files of ours that a process left in a directory an hour ago or more, whoever it ran as: each holds a credential. Absolute paths; none where the
 * directory cannot be read. @param now ms since 1970
 */
export async function leftOversIn(directory: string, now: number): Promise<readonly string[]> {
  const names = await readdir(directory).catch(() => []);
  return names
    .filter(isTemporary)
    .map((name) => join(directory, name))
    .filter((path) => now - (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now) >= hour);
}

async function sweepOne(directory: Directory, name: string, tools: FileTools): Promise<void> {
  const stats = lstatSync(directory.at(name));
  if (stats.isDirectory()) return;
  if (!isMarked(name.slice(prefix.length), tools.mark) && !isForgotten(stats, tools)) return;
  unlinkSync(directory.at(name));
  tools.log.info("removed a left-over temporary file", { path: childPath(directory, name) });
}

/** Other rotations stage in the same directory: what is young, or somebody else's, may be in use. */
function isForgotten({ uid, mtimeMs }: Stats, { now }: FileTools): boolean {
  return uid === process.geteuid?.() && now() - mtimeMs >= hour;
}
