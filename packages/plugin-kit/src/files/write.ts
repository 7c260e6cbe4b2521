import { constants } from "node:fs";
import { RotateError } from "../errors.ts";
import { giveAccess } from "./access.ts";
import type { Model } from "./attributes.ts";
import { childPath, type Directory } from "./directory.ts";
import { fileFault } from "./fault.ts";
import { closeQuietly, type Handle } from "./handle.ts";
import type { FileTools } from "./options.ts";
import { discard, newTemporaryName } from "./temporary.ts";
import { type Access, look } from "./target.ts";

/** A file that was written completely and is on the disk, not yet under its name. */
export interface Staged {
  readonly name: string;
  readonly dev: number;
  readonly ino: number;
  readonly content: Buffer;
  /** Nothing was taken over from another file. */
  readonly plain: boolean;
}

/** What a new file shall hold, who may read it, and which file's attributes it takes over, if any. */
export interface Draft {
  readonly content: Buffer;
  readonly wanted: Access;
  readonly like?: Model | undefined;
}

/** Writes a temporary file beside the target. Throws a RotateError, and leaves nothing behind. */
export async function stageBytes(directory: Directory, draft: Draft, tools: FileTools): Promise<Staged> {
  try {
    return await createFile({ directory, newName: () => newTemporaryName(tools.mark), tools }, draft);
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

async function createOnce({ directory, newName, tools }: NewFile, { content, wanted, like }: Draft): Promise<Staged> {
  const name = newName();
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = await directory.open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await giveAccess(file, wanted, { path: childPath(directory, name), tools, like });
    await fill(file, content);
    await file.sync();
    const { dev, ino } = await file.stat();
    await file.close();
    return { name, dev, ino, content, plain: like === undefined };
  } catch (error) {
    await closeQuietly(file); // perhaps closed already
    await discard(directory, name).catch(() => undefined); // swept later; the first error says more
    throw error;
  }
}

/** Writes all of it from the beginning and makes sure that it is all there and nothing else. */
export async function fill(file: Handle, content: Buffer): Promise<void> {
  await writeAll(file, content);
  if ((await file.stat()).size > content.length) await file.truncate(content.length);
  const { size } = await file.stat();
  if (size !== content.length) throw shortWrite(size, content.length);
}

/** The kernel may take less than it is given (write(2)), as on a nearly full disk. */
async function writeAll(file: Handle, content: Buffer): Promise<void> {
  for (let done = 0; done < content.length;) {
    const { bytesWritten } = await file.write(content, { offset: done, length: content.length - done, position: done });
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
