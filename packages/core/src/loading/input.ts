import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, realpathSync, type Stats } from "node:fs";
import { open, realpath, type FileHandle } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { distrust } from "@rotate/runtime";
import { limits } from "./bounds.ts";
import { toName } from "./names.ts";
import { tooLarge } from "./source.ts";

/** Where a spec comes from. */
export interface InputOptions {
  /** A path, or `-` for standard input. */
  readonly file: string;
  /** The spec itself, when it was read already; `file` is then only its name. */
  readonly text?: string | undefined;
  /** What a relative `file` is relative to; default: the process's directory. */
  readonly cwd?: string | undefined;
  /** Read it by calls that hold the event loop: for a process that has nothing else to do, and need not load what the others take. */
  readonly blocking?: boolean | undefined;
  /** Read when `file` is `-`. */
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
}

/** A spec's text, bounded. */
export interface Input {
  /** Absolute path, or `-`. */
  readonly file: string;
  /** What relative paths in it are relative to. */
  readonly directory: string;
  /** Where the links lead to. */
  readonly real: string;
  /** The spec's name unless it says one: from its real path. Undefined for standard input. */
  readonly name: () => string | undefined;
  /** It is reached through a link, which may lead elsewhere tomorrow. */
  readonly linked: boolean;
  readonly text: string;
}

/** Why there is no text to read. */
export interface InputFault {
  readonly file: string;
  readonly message: string;
  readonly hint?: string | undefined;
  /** Others can write it, and we are root. */
  readonly distrusted?: true;
}

/** Reads a spec from a file, a pipe or standard input. A missing, unreadable, oversized or non-UTF-8 one is a fault, not an exception. */
export async function readInput(options: InputOptions): Promise<Input | InputFault> {
  const cwd = options.cwd ?? process.cwd();
  if (options.file === "-") return readStandardInput(cwd, options);
  const file = resolve(cwd, options.file);
  const read = options.blocking ? readBytesNow : readBytes;
  const bytes = options.text === undefined ? await read(file) : Buffer.from(options.text);
  if ("message" in bytes) return bytes;
  const text = decode(file, bytes);
  if (typeof text !== "string") return text;
  // The directory of the link, not of what it leads to: paths are read as they are seen. The name is of the real file.
  const real = options.blocking ? realPathNow(file) : await realpath(file).catch(() => file);
  const linked = await isLinked(file, real);
  return { file, real, directory: dirname(file), name: () => defaultName(real), linked, text };
}

function realPathNow(file: string): string {
  try {
    return realpathSync.native(file);
  } catch {
    return file;
  }
}

/** Links right below the root (/tmp, /var, /home on some systems) lead where they led at the installation. */
async function isLinked(file: string, real: string): Promise<boolean> {
  if (real === file) return false;
  const [, top = "", ...below] = file.split("/");
  return real !== join(await realpath(`/${top}`), ...below);
}

async function readStandardInput(cwd: string, { text, stdin }: InputOptions): Promise<Input | InputFault> {
  const bytes = text === undefined ? await collect("-", stdin ?? process.stdin) : Buffer.from(text);
  if ("message" in bytes) return bytes;
  const decoded = decode("-", bytes);
  return typeof decoded === "string"
    ? { file: "-", real: "-", directory: cwd, name: () => undefined, linked: false, text: decoded }
    : decoded;
}

async function readBytes(file: string): Promise<Buffer | InputFault> {
  try {
    await using handle = await open(file, "r");
    const stat = await handle.stat();
    return faultIn(file, stat) ?? (await collect(file, chunksOf(handle, stat.size)));
  } catch (error) {
    return inputFault(file, error);
  }
}

function readBytesNow(file: string): Buffer | InputFault {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "r");
    const stat = fstatSync(descriptor);
    return faultIn(file, stat) ?? collectNow(file, descriptor, stat.size);
  } catch (error) {
    return inputFault(file, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** What forbids to read what is open. */
function faultIn(file: string, stat: Stats): InputFault | undefined {
  if (stat.isDirectory()) return { file, message: "a directory, not a spec", hint: "name the file in it with -f" };
  const problem = stat.isFile() ? distrust(file, stat) : undefined;
  if (problem !== undefined) return { file, ...problem, distrusted: true };
  return stat.size > limits.bytes ? { file, message: tooLarge } : undefined;
}

function collectNow(file: string, descriptor: number, size: number): Buffer | InputFault {
  const parts: Buffer[] = [];
  for (let total = 0; ;) {
    const part = Buffer.allocUnsafe(Math.max(size + 1, 65_536));
    const length = readSync(descriptor, part);
    total += length;
    if (length === 0) return Buffer.concat(parts);
    if (total > limits.bytes) return { file, message: tooLarge };
    parts.push(part.subarray(0, length));
  }
}

/** Without the streams of node:fs, which take longer to load than a spec to read. */
async function* chunksOf(handle: FileHandle, size: number): AsyncIterable<Uint8Array> {
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(Math.max(size + 1, 65_536)));
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function collect(file: string, chunks: AsyncIterable<Uint8Array | string>): Promise<Buffer | InputFault> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    const part = Buffer.from(chunk as Uint8Array);
    size += part.length;
    if (size > limits.bytes) return { file, message: tooLarge };
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function inputFault(file: string, error: unknown): InputFault {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  if (code === "ENOENT")
    return { file, message: "no such file", hint: "name the spec with -f FILE, or in ROTATE_FILE" };
  if (code === "ENOTDIR") return { file, message: "no such file", hint: "a part of its path is not a directory" };
  if (code === "EACCES" || code === "EPERM") {
    return {
      file,
      message: "not readable",
      hint: "give read permission on it, and on its directories, to the user that runs rotate",
    };
  }
  if (code === "EISDIR") return { file, message: "a directory, not a spec", hint: "name the file in it with -f" };
  return { file, message: `cannot be read (${code})` };
}

function decode(file: string, bytes: Buffer): string | InputFault {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { file, message: "not UTF-8 text", hint: "save it as UTF-8" };
  }
}

function defaultName(real: string): string {
  const base = toName(basename(real).replace(/\.(ya?ml|json)$/i, ""), 40);
  return `${base}-${createHash("sha256").update(real).digest("hex").slice(0, 8)}`;
}
