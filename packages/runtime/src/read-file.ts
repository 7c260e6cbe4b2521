import { close, constants, fstat, open, read } from "node:fs";
import { promisify } from "node:util";
import { type ErrorDetails, type ReadInit, RotateError } from "@rotate/plugin-kit";
import { distrust } from "./trusted.ts";

/** The same calls as those of node:fs/promises, which would be loaded for them. */
const later = { open: promisify(open), fstat: promisify(fstat), read: promisify(read), close: promisify(close) };

const defaultMaxBytes = 1024 * 1024;

function failure(message: string, code: ErrorDetails["code"], hint: string): RotateError {
  return new RotateError(message, { code, retryable: code === "UNAVAILABLE", hint });
}

function systemFault(error: unknown, what: string, { hint }: ReadInit): RotateError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT" || code === "ENOTDIR") {
    return failure(`${what} does not exist`, "NOT_FOUND", hint ?? "create it, or correct the path");
  }
  if (code === "EACCES" || code === "EPERM") {
    const user = process.geteuid?.();
    const remedy = `let user ${user ?? "of this process"} read it and enter its directories`;
    return failure(`no permission to read ${what}`, "DENIED", remedy);
  }
  return failure(`cannot read ${what} (${code})`, "UNAVAILABLE", "check the disk or mount that it is on");
}

/** As people write it: the limits that we have are whole mebibytes and kibibytes. */
function sizeOf(bytes: number): string {
  const [unit, size] = bytes % 1_048_576 === 0 ? ["MiB", 1_048_576] : ["KiB", 1024];
  return `${bytes / size} ${unit}`;
}

/** Of a device or a pipe nobody knows the end. */
async function sizeOfFile(file: number, path: string, trusted: boolean): Promise<number> {
  const stat = await later.fstat(file);
  if (stat.isDirectory()) throw failure(`${path} is a directory`, "INVALID", "name a file in it");
  if (!stat.isFile()) throw failure(`${path} is not a regular file`, "INVALID", "name a regular file");
  const problem = trusted ? distrust(path, stat) : undefined;
  if (problem !== undefined) throw failure(problem.message, "DENIED", problem.hint);
  return stat.size;
}

/** What one read takes at least: a file of the kernel's tells no size. */
const leastRead = 4_096;

async function readAll(
  file: number,
  what: string,
  { expected, maxBytes }: { readonly expected: number; readonly maxBytes: number },
): Promise<Buffer> {
  let buffer = Buffer.alloc(Math.min(Math.max(expected, leastRead), maxBytes) + 1);
  let size = 0;
  for (;;) {
    if (size === buffer.length) buffer = Buffer.concat([buffer, Buffer.alloc(Math.min(size, maxBytes + 1 - size))]);
    const { bytesRead } = await later.read(file, buffer, size, buffer.length - size, null);
    size += bytesRead;
    if (size > maxBytes) {
      const hint = "is it the file that was meant? One that is read as a whole is small";
      throw failure(`${what} is larger than ${sizeOf(maxBytes)}`, "INVALID", hint);
    }
    if (bytesRead === 0) return buffer.subarray(0, size);
  }
}

async function bytesOf(
  path: string,
  { what, maxBytes, trusted }: { readonly what: string; readonly maxBytes: number; readonly trusted: boolean },
): Promise<Buffer> {
  // Without O_NONBLOCK the open of a named pipe waits for a writer.
  const file = await later.open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const expected = await sizeOfFile(file, path, trusted);
    return await readAll(file, what, { expected, maxBytes });
  } finally {
    await later.close(file);
  }
}

/** `Context.readFile` of the plugin kit, which says what it promises. `trusted`: as root, one that others can write is refused. */
export async function readFile(path: string, init: ReadInit & { readonly trusted?: boolean } = {}): Promise<string> {
  const { what: name = "file", maxBytes = defaultMaxBytes, trusted = false } = init;
  const what = `${name} ${path}`;
  try {
    const bytes = await bytesOf(path, { what, maxBytes, trusted });
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof RotateError) throw error;
    if (error instanceof TypeError) throw failure(`${what} is not UTF-8 text`, "INVALID", "store it as text");
    throw systemFault(error, what, init);
  }
}
