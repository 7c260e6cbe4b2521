import { constants, lstatSync, renameSync, unlinkSync } from "node:fs";
import { RotateError } from "../errors.ts";
import { giveAccess } from "./access.ts";
import { childPath, type Directory } from "./directory.ts";
import { durabilityUnknown, errnoOf, fileFault } from "./fault.ts";
import { closeQuietly, type Handle } from "./handle.ts";
import type { FileTools } from "./options.ts";
import { notePlain } from "./plain.ts";
import { type Access, look, sameSnapshot, type Snapshot } from "./target.ts";
import { type Draft, fill, isIntact, type Staged } from "./write.ts";

/** A target and what stood there when the change to it was worked out. */
export interface Expected {
  readonly directory: Directory;
  readonly name: string;
  readonly before: Snapshot | undefined;
}

/**
 * Puts the staged file in the target's place. Comparing and renaming are synchronous, one step for every other writer in this process; between
 * processes a few microseconds remain, in which the last rename wins whole. False, as from all that follow: the target is not what was expected, and
 * nothing was done. Throws a RotateError when nothing was changed.
 */
export function putInPlace({ directory, name, before }: Expected, staged: Staged): boolean {
  if (!sameSnapshot(look(directory, name, { manyNames: false }), before) || !isIntact(directory, staged)) return false;
  directory.verify();
  try {
    renameSync(directory.at(staged.name), directory.at(name));
  } catch (error) {
    if (!arrived(directory, name, staged)) throw fileFault(`replace ${childPath(directory, name)}`, error);
  }
  if (staged.plain) notePlain(childPath(directory, name), directory.at(name));
  return true;
}

/** A rename over a network may report an error and have happened. */
function arrived(directory: Directory, name: string, staged: Staged): boolean {
  try {
    const now = lstatSync(directory.at(name), { throwIfNoEntry: false });
    return now !== undefined && now.ino === staged.ino && now.dev === staged.dev;
  } catch (error) {
    throw durabilityUnknown(childPath(directory, name), error);
  }
}

/** Removes the target, in one step with looking at it. */
export function takeAway({ directory, name, before }: Expected): boolean {
  const now = look(directory, name, { manyNames: false });
  if (now === undefined) return true;
  if (!sameSnapshot(now, before)) return false;
  try {
    unlinkSync(directory.at(name));
    return true;
  } catch (error) {
    throw fileFault(`remove ${childPath(directory, name)}`, error);
  }
}

/** Gives the target other permissions or another owner and leaves its content alone. */
export async function repairAccess(expected: Expected, wanted: Access, tools: FileTools): Promise<boolean> {
  return onTarget(expected, constants.O_RDONLY, async (file, path) => {
    await giveAccess(file, wanted, { path, tools });
    await file.sync();
  });
}

/**
 * Overwrites the target itself, for `write: in-place`. New bytes first, then the cut: a reader sees old and new mixed for a moment, never nothing.
 * When it fails, the old bytes are written back; when that fails too, throws UNAVAILABLE (outcome unknown).
 */
export async function overwrite(expected: Expected, change: Draft, tools: FileTools): Promise<boolean> {
  return onTarget(expected, constants.O_RDWR, async (file, path) => {
    await giveAccess(file, change.wanted, { path, tools });
    await fill(file, change.content).catch((error: unknown) => writeBack(file, expected, error));
    await file.sync().catch((error: unknown) => {
      throw durabilityUnknown(path, error);
    });
  });
}

async function writeBack(file: Handle, { directory, name, before }: Expected, cause: unknown): Promise<never> {
  try {
    await fill(file, before?.bytes ?? Buffer.alloc(0));
    await file.sync();
  } catch {
    const { what, errno } = { what: childPath(directory, name), errno: errnoOf(cause) ?? "no errno" };
    throw new RotateError(`${what} was partly overwritten (${errno}) and its old content could not be written back`, {
      code: "UNAVAILABLE",
      retryable: true,
      hint: "free space on its file system and run again; prefer `write: atomic` where the target is not a mount point",
      cause,
    });
  }
  throw cause;
}

type Act = (file: Handle, path: string) => Promise<void>;

/** Opens the target as it was expected to be, and acts on it. */
async function onTarget(expected: Expected, flags: number, act: Act): Promise<boolean> {
  const path = childPath(expected.directory, expected.name);
  try {
    const file = await expected.directory.open(expected.name, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if (!(await isExpected(file, expected))) return false;
      await act(file, path);
    } finally {
      await closeQuietly(file); // fsync said that all is on the disk, or the first error says more
    }
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw fileFault(`change ${path}`, error);
  }
}

async function isExpected(file: Handle, { directory, name, before }: Expected): Promise<boolean> {
  const { ino, dev } = await file.stat();
  const now = look(directory, name, { manyNames: true });
  return now?.ino === ino && now.dev === dev && sameSnapshot(now, before);
}
