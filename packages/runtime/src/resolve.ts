import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { type ErrorDetails, RotateError } from "@rotate/plugin-kit";
import { describeSource, type Source } from "./reference.ts";
import { distrust } from "./trusted.ts";
import type { Runtime } from "./types.ts";

/** Where references are read. */
export interface ResolveParts extends Pick<Runtime, "env" | "exec"> {
  readonly signal: AbortSignal;
}

const maxFile = 1024 * 1024;

function failure(message: string, code: ErrorDetails["code"], hint: string): RotateError {
  return new RotateError(message, { code, retryable: code === "UNAVAILABLE", hint });
}

function readEnv(name: string, { env }: ResolveParts): string {
  const value = env[name];
  if (value !== undefined) return value;
  throw failure(`environment variable ${name} is not set`, "NOT_FOUND", "set it where rotate is started");
}

function fileError(error: unknown, path: string): RotateError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT" || code === "ENOTDIR") {
    return failure(`file ${path} does not exist`, "NOT_FOUND", "create it, or correct the path");
  }
  if (code === "EACCES" || code === "EPERM") {
    const user = process.geteuid?.();
    const hint = `let user ${user ?? "of this process"} read it and enter its directories`;
    return failure(`no permission to read file ${path}`, "DENIED", hint);
  }
  return failure(`cannot read file ${path} (${code})`, "UNAVAILABLE", "check the disk or mount that it is on");
}

async function readOpen(handle: FileHandle, path: string): Promise<Buffer> {
  const stat = await handle.stat();
  if (stat.isDirectory()) throw failure(`${path} is a directory`, "INVALID", "name a file in it");
  if (!stat.isFile()) throw failure(`${path} is not a regular file`, "INVALID", "name a regular file");
  const problem = distrust(path, stat);
  if (problem !== undefined) throw failure(problem.message, "DENIED", problem.hint);
  const buffer = Buffer.alloc(maxFile + 1);
  let size = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, size, buffer.length - size, null);
    size += bytesRead;
    if (size > maxFile)
      throw failure(`file ${path} is larger than 1 MiB`, "INVALID", "name the file of the secret alone");
    if (bytesRead === 0) return buffer.subarray(0, size);
  }
}

async function readFile(path: string): Promise<string> {
  try {
    // Without O_NONBLOCK the open of a named pipe waits for a writer.
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readOpen(handle, path));
  } catch (error) {
    if (error instanceof RotateError) throw error;
    if (error instanceof TypeError) throw failure(`file ${path} is not UTF-8 text`, "INVALID", "store it as text");
    throw fileError(error, path);
  }
}

async function readCommand(argv: readonly [string, ...string[]], { exec, signal }: ResolveParts): Promise<string> {
  const { exitCode, stdout } = await exec(argv, {}, signal);
  if (exitCode === 0) return stdout;
  throw failure(`command ${argv[0]} exited with ${exitCode}`, "FAILED", "run it by hand to see what it says");
}

function readCredential(name: string, { env }: ResolveParts): Promise<string> {
  const directory = env["CREDENTIALS_DIRECTORY"];
  if (directory === undefined || directory === "") {
    const hint = "start rotate by systemd with LoadCredential= in the unit";
    throw failure(`no credential ${name}: $CREDENTIALS_DIRECTORY is not set`, "NOT_FOUND", hint);
  }
  if (!/^[^/\0]+$/.test(name) || name === "." || name === "..") {
    throw failure(`${name} is not a credential's name`, "INVALID", "write the name alone, without a path");
  }
  return readFile(join(directory, name));
}

function read(source: Source, parts: ResolveParts): string | Promise<string> {
  if ("env" in source) return readEnv(source.env, parts);
  if ("file" in source) return readFile(source.file);
  if ("exec" in source) return readCommand(source.exec, parts);
  return readCredential(source.credential, parts);
}

/**
 * The text that a reference leads to, read now, without one trailing newline. Throws NOT_FOUND when it leads nowhere, INVALID when it is empty or no text,
 * DENIED when a file may not be read, or root would read what others can write, FAILED when a command says no; the message names what and where, never a value.
 */
export async function resolveReference(source: Source, parts: ResolveParts): Promise<string> {
  const text = (await read(source, parts)).replace(/\r?\n$/, "");
  if (text !== "") return text;
  throw failure(`${describeSource(source)} is empty`, "INVALID", "put the value there, or take the reference out");
}
