import { constants } from "node:fs";
import { type FileHandle, lstat, open, readdir, unlink } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { RotateError } from "../errors.ts";
import { giveAccess, type Wanted } from "./access.ts";
import { childPath, type Directory } from "./directory.ts";
import { errnoOf, fileFault } from "./fault.ts";
import type { FileTools } from "./options.ts";
import { look } from "./target.ts";

const temporaryName = /^\.rotate-tmp-[0-9a-f]{24}$/;
const hour = 3_600_000;

/** A name that nobody can guess, so that nothing can be planted under it. */
export function newTemporaryName(): string {
  return `.rotate-tmp-${newSuffix()}`;
}

/** 24 hexadecimal digits. */
export function newSuffix(): string {
  return randomBytes(12).toString("hex");
}

/** A file that was written completely and is on the disk, not yet under its name. */
export interface Staged {
  readonly name: string;
  readonly dev: number;
  readonly ino: number;
  readonly content: Buffer;
}

/** What a new file shall hold and who may read it. */
export interface Draft {
  readonly content: Buffer;
  readonly wanted: Wanted;
}

/** Writes a temporary file beside the target. Throws a RotateError, and leaves nothing behind. */
export async function stageBytes(directory: Directory, draft: Draft, tools: FileTools): Promise<Staged> {
  try {
    return await createFile({ directory, newName: newTemporaryName, tools }, draft);
  } catch (error) {
    throw fileFault(`write in ${directory.path}`, error);
  }
}

interface NewFile {
  readonly directory: Directory;
  /** Called for each attempt. */
  readonly newName: () => string;
  readonly tools: FileTools;
}

/**
 * Creates a file, on the disk when this resolves. After a failed fsync the kernel may have dropped the bytes and forgotten the error, so the
 * way out is a new file, once, never a second fsync of the same. Throws the system's error, and leaves nothing behind.
 */
export async function createFile(file: NewFile, draft: Draft): Promise<Staged> {
  try {
    return await createOnce(file, draft);
  } catch (error) {
    if (!isSyncFault(error)) throw error;
    return createOnce(file, draft);
  }
}

function isSyncFault(error: unknown): boolean {
  return error instanceof Error && "syscall" in error && (error.syscall === "fsync" || error.syscall === "close");
}

async function createOnce({ directory, newName, tools }: NewFile, { content, wanted }: Draft): Promise<Staged> {
  const name = newName();
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = await open(directory.at(name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await giveAccess(file, wanted, { path: childPath(directory, name), tools });
    await fill(file, content);
    await file.sync();
    const { dev, ino } = await file.stat();
    await file.close();
    return { name, dev, ino, content };
  } catch (error) {
    await file.close().catch(() => undefined); // already closed, or the first error says more
    await unlink(directory.at(name)).catch(() => undefined); // swept later; the first error says more
    throw error;
  }
}

/** Writes all of it from the beginning and makes sure that it is all there and nothing else. */
export async function fill(file: FileHandle, content: Buffer): Promise<void> {
  await writeAll(file, content);
  if ((await file.stat()).size > content.length) await file.truncate(content.length);
  const { size } = await file.stat();
  if (size !== content.length) throw shortWrite(size, content.length);
}

/** The kernel may take less than it is given (write(2)), as on a nearly full disk. */
async function writeAll(file: FileHandle, content: Buffer): Promise<void> {
  for (let done = 0; done < content.length;) {
    const { bytesWritten } = await file.write(content, done, content.length - done, done);
    if (bytesWritten === 0) throw shortWrite(done, content.length);
    done += bytesWritten;
  }
}

function shortWrite(size: number, length: number): RotateError {
  return new RotateError(`only ${size} of ${length} bytes could be written`, {
    code: "FAILED",
    retryable: true,
    hint: "free space on its file system; the old content is untouched",
  });
}

/** True when the staged file is still the one that we wrote, with what we wrote in it. */
export function isIntact(directory: Directory, { name, dev, ino, content }: Staged): boolean {
  const now = look(directory, name, { manyNames: false });
  return now !== undefined && now.ino === ino && now.dev === dev && now.bytes.equals(content);
}

/** Removes a staged file; one that is gone is fine. */
export async function discard(directory: Directory, name: string): Promise<void> {
  try {
    await unlink(directory.at(name));
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw fileFault(`remove ${childPath(directory, name)}`, error);
  }
}

/** Removes temporary files that a killed process of ours left an hour ago or more. To be called while holding the rotation's lock. */
export async function sweep(directory: Directory, tools: FileTools): Promise<void> {
  const names = (await readdir(directory.at("."))).filter((name) => temporaryName.test(name));
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
  if (stats.isDirectory() || stats.uid !== process.geteuid?.() || tools.now() - stats.mtimeMs < hour) return;
  await unlink(directory.at(name));
  tools.log.info("removed a left-over temporary file", { path: childPath(directory, name) });
}
