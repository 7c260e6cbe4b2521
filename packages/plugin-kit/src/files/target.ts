import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from "node:fs";
import { basename, dirname, normalize, resolve } from "node:path";
import { childPath, type Directory, inDirectory } from "./directory.ts";
import type { RotateError } from "../errors.ts";
import { errnoOf, fileFault, refused } from "./fault.ts";

/** Bytes. A file that holds credentials is small; a larger one is a wrong path. */
const largest = 16 * 1024 * 1024;

/** A target at one moment. */
export interface Snapshot {
  readonly bytes: Buffer;
  /** Permission bits only. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly dev: number;
  readonly ino: number;
}

/** Where a sink's file is. */
export interface Place {
  readonly path: string;
  readonly parent: string;
  readonly name: string;
}

/** Splits a path. Throws INVALID when it is not a place for a file: relative, a kernel or device file. */
export function placeOf(path: string): Place {
  const whole = resolve(path);
  if (whole !== normalize(path) || whole === "/") {
    throw refused(`${path} is not an absolute path of a file`, "give an absolute path without a slash at its end");
  }
  if (/^\/(?:proc|sys|dev(?!\/shm\/))(?:\/|$)/.test(whole)) {
    throw refused(`${path} lies among the kernel's and device files`, "give a path on a real file system");
  }
  return { path: whole, parent: dirname(whole), name: basename(whole) };
}

/**
 * What stands at `name` now, or undefined. Synchronous, so that comparing it and replacing it are one step within this process.
 * Throws INVALID for what is not a plain file with a single name, and what the system says otherwise.
 */
export function look(
  directory: Pick<Directory, "path" | "at">,
  name: string,
  options: { readonly manyNames: boolean },
): Snapshot | undefined {
  const path = childPath(directory, name);
  const stats = lstatSync(directory.at(name), { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  refuseUnlessPlain(path, stats);
  if (stats.nlink > 1 && !options.manyNames) {
    throw refused(
      `${path} is a hard link: ${stats.nlink} names lead to it`,
      "remove the other names, or set `write: in-place` to change the content under all of them",
    );
  }
  try {
    return readPlain(directory.at(name), stats);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw fileFault(`read ${path}`, error);
  }
}

/** The next content of a target, unless it is so large that it could not be read again. Throws INVALID. */
export function bounded({ path }: Place, content: Buffer): Buffer {
  if (content.length > largest) throw tooLarge(path);
  return content;
}

function tooLarge(path: string): RotateError {
  return refused(`${path} is larger than ${largest} bytes`, "point the sink at a file of its own");
}

function refuseUnlessPlain(path: string, stats: Stats): void {
  if (stats.isFile()) {
    if (stats.size <= largest) return;
    throw tooLarge(path);
  }
  throw refused(`${path} is ${kindOf(stats)}`, hintOf(stats));
}

function kindOf(stats: Stats): string {
  if (stats.isSymbolicLink()) return "a symbolic link";
  if (stats.isDirectory()) return "a directory";
  if (stats.isFIFO()) return "a fifo";
  return "not a regular file";
}

function hintOf(stats: Stats): string {
  if (stats.isSymbolicLink()) return "give the path that the link leads to, or replace the link by a file";
  return "give the path of a regular file, or remove what is there";
}

function readPlain(path: string, expected: Stats): Snapshot {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    refuseUnlessPlain(path, stats);
    const { uid, gid, dev, ino } = stats;
    return { bytes: readAll(file, expected.size), mode: stats.mode & 0o7777, uid, gid, dev, ino };
  } finally {
    closeSync(file);
  }
}

function readAll(file: number, expected: number): Buffer {
  const chunks: Buffer[] = [];
  let size = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(Math.max(expected - size, 4096));
    const count = readSync(file, chunk, 0, chunk.length, size);
    if (count === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, count));
    size += count;
  }
}

/** True when nobody changed content, permissions or owner between the two. */
export function sameSnapshot(one: Snapshot | undefined, other: Snapshot | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.bytes.equals(other.bytes) && sameAccess(one, other);
}

/** True when permissions and owner are the same. */
export function sameAccess(one: Access, other: Access): boolean {
  return one.mode === other.mode && one.uid === other.uid && one.gid === other.gid;
}

/** Permission bits and owner. */
export interface Access {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * The bytes of a sink's file, or undefined when it does not exist (nor its directory). Never follows a link.
 * @param path absolute
 * Throws DENIED when it may not be read, INVALID when it is not a plain file.
 */
export async function readTarget(path: string): Promise<Buffer | undefined> {
  const { parent, name } = placeOf(path);
  if (!exists(parent)) return undefined;
  return inDirectory(parent, async (directory) => look(directory, name, { manyNames: true })?.bytes);
}

/** True when something stands at the path. Throws what is not "no such file". */
export function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw fileFault(`look at ${path}`, error);
  }
}
