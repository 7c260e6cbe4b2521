import { createHash, randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { lstat, readdir, unlink } from "node:fs/promises";
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
  try {
    await unlinkIfThere(directory, name).catch(() => unlinkIfThere(directory, name));
  } catch (error) {
    throw fileFault(`remove ${childPath(directory, name)}`, error);
  }
}

async function unlinkIfThere(directory: Directory, name: string): Promise<void> {
  try {
    await unlink(directory.at(name));
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}

/**
 * Removes temporary files of ours that nobody needs any more: those of this sink's own mark, whatever their age, and those that any process left
 * an hour ago or more. To be called while holding the rotation's lock, with nothing of this sink staged. What cannot be removed is logged.
 */
export async function sweep(directory: Directory, tools: FileTools): Promise<void> {
  const names = (await readdir(directory.at("."))).filter(
    (name) => name.startsWith(prefix) && isSuffix(name.slice(prefix.length)),
  );
  for (const name of names) {
    await sweepOne(directory, name, tools).catch((error: unknown) => {
      if (errnoOf(error) === "ENOENT") return; // another process swept it at the same moment
      tools.log.warn("cannot remove a left-over temporary file", {
        path: childPath(directory, name),
        reason: fileFault("remove it", error).message,
      });
    });
  }
}

async function sweepOne(directory: Directory, name: string, tools: FileTools): Promise<void> {
  const stats = await lstat(directory.at(name));
  if (stats.isDirectory()) return;
  if (!isMarked(name.slice(prefix.length), tools.mark) && !isForgotten(stats, tools)) return;
  await unlink(directory.at(name));
  tools.log.info("removed a left-over temporary file", { path: childPath(directory, name) });
}

/** Other rotations stage in the same directory: what is young, or somebody else's, may be in use. */
function isForgotten({ uid, mtimeMs }: Stats, { now }: FileTools): boolean {
  return uid === process.geteuid?.() && now() - mtimeMs >= hour;
}
