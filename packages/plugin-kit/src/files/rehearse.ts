import { constants } from "node:fs";
import { unlink } from "node:fs/promises";
import { commandLine } from "../command-line.ts";
import { giveAccess } from "./access.ts";
import { modelOf, rehearseAttributes } from "./attributes.ts";
import { childPath, type Directory } from "./directory.ts";
import { errnoOf, fileFault } from "./fault.ts";
import type { Handle } from "./handle.ts";
import type { FileTools } from "./options.ts";
import { isWorldWritable } from "./rules.ts";
import type { Access } from "./target.ts";
import { newTemporaryName } from "./temporary.ts";
import { fill } from "./write.ts";
import { uptime } from "./uptime.ts";

/** A file that would be made. */
export interface Rehearsal {
  readonly directory: Directory;
  /** The path that it will have, for messages. */
  readonly path: string;
  readonly wanted: Access;
  /** Bytes. */
  readonly size: number;
  /** What it would replace, and where that is. */
  readonly replaces?: { readonly path: string; readonly now: Access } | undefined;
}

/**
 * Makes a file like the one that will be written, on the real file system, and leaves none. Throws what writing it would throw, and warns of
 * whom the directory or the permissions let in.
 */
export async function rehearse(planned: Rehearsal, tools: FileTools): Promise<void> {
  const { directory, path, wanted, size, replaces } = planned;
  warnOfReaders(planned, tools);
  const model = replaces && (await modelOf(replaces.now, { path: replaces.path, tools }));
  const likeness = likenessOf(planned);
  if (model === undefined && wasDoneNow(likeness)) return;
  await withNamelessFile(directory, async (file) => {
    await giveAccess(file, wanted, { path, tools });
    if (model !== undefined) await rehearseAttributes(model, file, tools);
    await fill(file, Buffer.alloc(Math.max(size, leastSize)));
  }).catch((error: unknown) => {
    throw fileFault(`write in ${directory.path}`, error);
  });
  done.set(likeness, uptime());
}

/** Of many files that are made in one directory at about the same time, the first shows for all that it can be done. ms */
const sharedFor = 250;
const mostKept = 1_000;
/** When it went well. */
const done = new Map<string, number>();

/** Of two alike both can be made, or neither. */
function likenessOf({ directory: { stats }, wanted, size }: Rehearsal): string {
  const { dev, ino, mode, uid, gid } = stats;
  const blocks = Math.ceil(Math.max(size, leastSize) / leastSize);
  return [dev, ino, mode, uid, gid, wanted.mode, wanted.uid, wanted.gid, blocks].join(" ");
}

function wasDoneNow(likeness: string): boolean {
  if (done.size > mostKept) done.clear();
  return uptime() - (done.get(likeness) ?? -Infinity) < sharedFor;
}

/** Bytes: a block of most file systems. */
const leastSize = 4096;

function warnOfReaders({ directory, path, wanted: { mode } }: Rehearsal, { log }: FileTools): void {
  if (isWorldWritable(directory)) {
    log.warn("the directory is world-writable: others can replace the file", {
      code: "ROTATE_RISK_DIRECTORY_OPEN",
      path: directory.path,
      remedy: `\`${commandLine("chmod", "o-w", directory.path)}\`, or write to a directory that only the consumer can read`,
    });
  }
  if ((mode & 0o007) === 0) return;
  log.warn("every user of the system may read the file", {
    code: "ROTATE_RISK_READABLE",
    path,
    mode: mode.toString(8).padStart(4, "0"),
    remedy: `\`${commandLine("chmod", "o-rwx", path)}\`, and take the last digit out of the sink's \`mode\` where the spec names one`,
  });
}

/** Linux, asm-generic/fcntl.h; the flag includes O_DIRECTORY. */
const unnamed = 0o20000000 | constants.O_DIRECTORY;

async function withNamelessFile(directory: Directory, use: (file: Handle) => Promise<void>): Promise<void> {
  const file = await openNameless(directory);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}

async function openNameless(directory: Directory): Promise<Handle> {
  try {
    if (process.platform === "linux") return await directory.open(".", unnamed | constants.O_WRONLY, 0o600);
  } catch (error) {
    // What a file system answers that has no such files.
    if (!["EOPNOTSUPP", "ENOTSUP", "EISDIR", "EINVAL"].includes(errnoOf(error) ?? "")) throw error;
  }
  const name = newTemporaryName();
  const file = await directory.open(name, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  await unlink(directory.at(name)).catch((error: unknown) => {
    throw fileFault(`remove ${childPath(directory, name)}`, error);
  });
  return file;
}
