import { accessSync, constants } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { type AskedAccess, askedAccess, giveAccess, hasAccessList, wantedAccess } from "./access.ts";
import { childPath, type Directory, inDirectory, missingDirectories } from "./directory.ts";
import { errnoOf, fileFault, refused } from "./fault.ts";
import { warnOfGit } from "./git.ts";
import { isMountPoint } from "./mounts.ts";
import type { FileOptions, FileTools } from "./options.ts";
import { guardDirectory, guardExisting, isWorldWritable } from "./rules.ts";
import { look, type Place, placeOf, type Snapshot } from "./target.ts";
import { guardValidate } from "./validate.ts";
import { fill, newTemporaryName } from "./write.ts";

/** The shared options of a file sink, as they are in `ctx.options`, and what goes with them. */
export interface CheckOptions extends Partial<FileOptions> {
  readonly ctx: FileTools;
  /** Looks at what the file holds (undefined: it does not exist) and throws INVALID when it could not be edited. */
  readonly inspect?: (before: Buffer | undefined) => void;
}

/**
 * Could `stageFile` work now? Everything that it would refuse is found here, before anything is minted: by really making a file of that size,
 * owner and permissions in that directory, one without a name (open(2), O_TMPFILE) where the file system can. Changes nothing. Warns through
 * `ctx.log` of a world-writable directory, a world-readable file and a file that git would take.
 * @param path absolute @param options `{ ...ctx.options, ctx, inspect }`
 */
export async function checkFile(path: string, { ctx, inspect, ...options }: CheckOptions): Promise<void> {
  guardValidate(options);
  const place = placeOf(path);
  const asked = await askedAccess(options);
  const [missing] = options.directory?.create === true ? await missingDirectories(place.parent) : [];
  if (missing !== undefined) {
    inspect?.(undefined);
    return inDirectory(dirname(missing), (directory) => rehearse({ directory, asked, tools: ctx }, undefined));
  }
  await inDirectory(place.parent, async (directory) => {
    const now = look(directory, place.name, { manyNames: options.write === "in-place" });
    guardExisting(place, now, options);
    inspect?.(now?.bytes);
    if (now !== undefined) await checkTarget({ directory, place }, options);
    if (now === undefined || options.write !== "in-place") await rehearse({ directory, asked, tools: ctx }, now, place);
  });
  await warnOfGit(place, ctx);
}

interface Located {
  readonly directory: Directory;
  readonly place: Place;
}

async function checkTarget({ directory, place }: Located, { write }: Partial<FileOptions>): Promise<void> {
  if (write !== "in-place" && (await isMountPoint(place))) {
    throw refused(
      `${place.path} is a mount point, which cannot be replaced`,
      "mount the directory instead of the file, or set `write: in-place`",
    );
  }
  try {
    accessSync(directory.at(place.name), constants.W_OK);
  } catch (error) {
    // A rename needs no permission on the file it replaces; an immutable file (EPERM) and a read-only disk stop it all the same.
    if (write === "in-place" || errnoOf(error) !== "EACCES") throw fileFault(`write ${place.path}`, error);
  }
}

interface Stage {
  readonly directory: Directory;
  readonly asked: AskedAccess;
  readonly tools: FileTools;
}

async function rehearse({ directory, asked, tools }: Stage, now: Snapshot | undefined, place?: Place): Promise<void> {
  guardDirectory(directory, now, asked);
  const wanted = wantedAccess(asked, now);
  warnOfReaders(directory, wanted.mode, tools);
  const path = place === undefined ? directory.path : place.path;
  if (now !== undefined) await hasAccessList(now, { path, tools });
  await withNamelessFile(directory, async (file) => {
    await giveAccess(file, wanted, { path, tools });
    await fill(file, Buffer.alloc(Math.max(now?.bytes.length ?? 0, 4096)));
  }).catch((error: unknown) => {
    throw fileFault(`write in ${directory.path}`, error);
  });
}

function warnOfReaders(directory: Directory, mode: number, { log }: FileTools): void {
  if (isWorldWritable(directory)) {
    log.warn("the directory is world-writable: others can replace the file", { directory: directory.path });
  }
  if ((mode & 0o007) === 0) return;
  log.warn("every user of the system may read the file", {
    directory: directory.path,
    mode: mode.toString(8).padStart(4, "0"),
  });
}

/** Linux, asm-generic/fcntl.h; the flag includes O_DIRECTORY. */
const unnamed = 0o20000000 | constants.O_DIRECTORY;

async function withNamelessFile(directory: Directory, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await openNameless(directory);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}

async function openNameless(directory: Directory): Promise<FileHandle> {
  try {
    if (process.platform === "linux") return await open(directory.at("."), unnamed | constants.O_WRONLY, 0o600);
  } catch (error) {
    // What a file system answers that has no such files.
    if (!["EOPNOTSUPP", "ENOTSUP", "EISDIR", "EINVAL"].includes(errnoOf(error) ?? "")) throw error;
  }
  const name = newTemporaryName();
  const file = await open(directory.at(name), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  await unlink(directory.at(name)).catch((error: unknown) => {
    throw fileFault(`remove ${childPath(directory, name)}`, error);
  });
  return file;
}
