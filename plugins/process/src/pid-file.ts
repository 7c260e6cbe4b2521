import { constants, type Stats } from "node:fs";
import { open } from "node:fs/promises";
import { type ErrorDetails, isRotateError, RotateError } from "@rotate/plugin-kit";
import { processInfo, type ProcessInfo } from "./proc.ts";

/** What a pid file says, and who wrote it when: an older process cannot be the one that is meant. */
export interface PidFile {
  readonly pid: number;
  readonly uid: number;
  /** When it was written, milliseconds since 1970. */
  readonly writtenAt: number;
}

const maxSize = 4096;
/** The kernel gives start times in 10 ms and the boot time in whole seconds. */
const clockSlack = 2000;

function refused(message: string, details: Partial<ErrorDetails>): RotateError {
  return new RotateError(message, { code: "INVALID", retryable: false, ...details });
}

/** Nothing can be signalled just now, which may pass by itself: the consumer is down, starting, or writing its pid file anew. Code NOT_FOUND, retryable. */
export function stopped(message: string, path: string): RotateError {
  const hint = `is the consumer running, and does it write ${path}?`;
  return new RotateError(message, { code: "NOT_FOUND", retryable: true, hint });
}

/** True for what `stopped` makes. */
export function isStopped(error: unknown): error is RotateError {
  return isRotateError(error) && error.code === "NOT_FOUND";
}

function openError(error: NodeJS.ErrnoException, path: string): RotateError {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return stopped(`no pid file at ${path}`, path);
  if (error.code === "ELOOP") {
    return refused(`the pid file ${path} is a symbolic link`, { hint: "give the path that it points to" });
  }
  const hint = "let the user that runs rotate read it";
  return new RotateError(`cannot read the pid file ${path} (${error.code})`, {
    code: "DENIED",
    retryable: false,
    hint,
  });
}

function checkFile(found: Stats, path: string): void {
  if (!found.isFile()) throw refused(`the pid file ${path} is not a regular file`, { hint: "correct `pidFile`" });
  if ((found.mode & constants.S_IWOTH) === 0) return;
  const hint = `chmod o-w ${path}: whoever can write it chooses which process gets the signal`;
  throw refused(`the pid file ${path} can be written by everybody`, { hint });
}

/** The pid in the first line: daemons like PostgreSQL write more below it. Zero and negative numbers would name whole groups. */
function parsePid(text: string, path: string): number {
  const [first = ""] = text.split("\n");
  if (first.trim() === "") throw stopped(`the pid file ${path} is empty`, path);
  if (/^[1-9]\d{0,9}$/.test(first.trim())) return Number(first.trim());
  throw refused(`the first line of ${path} is not a process id`, { hint: "correct `pidFile`" });
}

/** Reads a pid file, following no link. Throws what `stopped` makes when it is missing or empty; INVALID or DENIED when it is not one that can be trusted. */
export async function readPidFile(path: string): Promise<PidFile> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch((error: NodeJS.ErrnoException) => Promise.reject(openError(error, path)));
  try {
    const found = await file.stat();
    checkFile(found, path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maxSize), 0, maxSize, 0);
    const pid = parsePid(buffer.toString("latin1", 0, bytesRead), path);
    return { pid, uid: found.uid, writtenAt: found.mtimeMs };
  } finally {
    await file.close();
  }
}

function checkOwner(file: PidFile, info: ProcessInfo, path: string): void {
  // Only root may name other users' processes: else whoever owns the file could aim a signal of ours at them.
  if (file.uid === 0 || file.uid === info.uid) return;
  throw refused(`process ${file.pid} belongs to user ${info.uid}, but ${path} to user ${file.uid}`, {
    code: "DENIED",
    hint: "the pid file must belong to root or to the user that the consumer runs as",
  });
}

function checkName(file: PidFile, info: ProcessInfo, named: { readonly command: string; readonly path: string }): void {
  const { command, path } = named;
  // `comm` keeps 15 characters of a longer name.
  if (info.names.some((name) => name === command || (name.length === 15 && command.startsWith(name)))) return;
  throw stopped(`process ${file.pid} is ${info.names.join(" or ")}, not ${command}`, path);
}

/**
 * Makes sure that the process is the one that the file was written for: alive, started before the file was written, of the file's owner, and named `command` where that is given.
 * Throws what `stopped` makes (gone, or its pid reused) or DENIED.
 */
export async function checkProcess(file: PidFile, path: string, command: string | undefined): Promise<void> {
  const info = await processInfo(file.pid);
  if (info === undefined || info.zombie) throw stopped(`process ${file.pid} of ${path} is gone`, path);
  if (info.startedAt > file.writtenAt + clockSlack) {
    throw stopped(`process ${file.pid} started after ${path} was written: the pid was reused`, path);
  }
  checkOwner(file, info, path);
  if (command !== undefined) checkName(file, info, { command, path });
}
