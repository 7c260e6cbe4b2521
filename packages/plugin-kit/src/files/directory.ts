import { constants, existsSync, lstatSync, type Stats } from "node:fs";
import { chmod, chown, lstat, mkdir, readlink, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { conflict, errnoOf, fileFault, refused } from "./fault.ts";
import { closeQuietly, type Handle, isLocal, namesIn, openHandle } from "./handle.ts";
import { sharedSync } from "./shared-sync.ts";

/** A directory held open: names below it cannot be led elsewhere by somebody who swaps a part of the path meanwhile. */
export interface Directory {
  /** As the spec has it: for messages and for other processes. */
  readonly path: string;
  readonly handle: Handle;
  readonly stats: Stats;
  /** The path by which this process reaches `name` in it. */
  readonly at: (name: string) => string;
  /** Opens `name` in it. Throws the system's error. */
  readonly open: (name: string, flags: number, mode?: number) => Promise<Handle>;
  /** The names in it. Throws the system's error. */
  readonly names: () => Promise<readonly string[]>;
  /** Throws CONFLICT when the path no longer leads to this directory. */
  readonly verify: () => void;
  /** Makes the entries durable, in one sync with whoever waits for the same. Throws the system's error. */
  readonly sync: () => Promise<void>;
}

/** Some file systems (FUSE, 9p, SMB) have no such call for a directory: there is nothing to confirm then. */
const syncUnsupported = ["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"];

/**
 * Opens the directory, runs `use`, closes it. Node has no openat(2); on Linux /proc/self/fd/N does the same.
 * @param path absolute, for people and other processes
 * @param use what to do in it
 * @param through the way this process gets there, when it already holds the parent
 * Throws NOT_FOUND, DENIED or INVALID (a symbolic link); what `use` throws, a system error as a RotateError.
 */
export async function inDirectory<T>(
  path: string,
  use: (directory: Directory) => Promise<T>,
  through = path,
): Promise<T> {
  const local = await isLocal(through);
  const handle = await openDirectory(path, through, local);
  try {
    return await use(await directoryOf(path, handle, local));
  } catch (error) {
    throw errnoOf(error) === undefined ? error : fileFault(`write in ${path}`, error);
  } finally {
    await closeQuietly(handle);
  }
}

async function openDirectory(path: string, through: string, local: boolean): Promise<Handle> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  try {
    return await openHandle(through, { flags, isLocal: local });
  } catch (error) {
    // Linux answers ENOTDIR for a link when both flags are given.
    const link = await readlink(through).catch(() => undefined);
    if (link === undefined) throw fileFault(`open the directory ${path}`, error);
    throw refused(
      `the directory ${path} is a symbolic link to ${link}`,
      "give the path of the real directory, so that nobody can lead the secret elsewhere",
    );
  }
}

async function directoryOf(path: string, handle: Handle, local: boolean): Promise<Directory> {
  const stats = await handle.stat();
  const held = `/proc/self/fd/${handle.fd}`;
  const base = process.platform === "linux" && existsSync(held) ? held : path;
  return {
    path,
    handle,
    stats,
    at: (name) => `${base}/${name}`,
    open: (name, flags, mode = 0o600) => openHandle(`${base}/${name}`, { flags, mode, isLocal: local }),
    names: () => namesIn(`${base}/.`, local),
    verify() {
      const now = lstatSync(path, { throwIfNoEntry: false });
      if (now?.ino === stats.ino && now.dev === stats.dev) return;
      throw conflict(`the directory ${path} was replaced while its content was being written`);
    },
    sync: () => sharedSync(`${stats.dev}:${stats.ino}`, () => handle.sync().catch(ignoreUnsupported)),
  };
}

function ignoreUnsupported(error: unknown): void {
  if (!syncUnsupported.includes(errnoOf(error) ?? "")) throw error;
}

interface MadeAs {
  readonly mode: number;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** Creates the missing part of `path`, durably. Returns what it made, outermost first. */
export async function makeDirectories(path: string, access: MadeAs): Promise<readonly string[]> {
  const missing = await missingDirectories(path);
  for (const directory of missing) await makeDirectory(directory, access);
  return missing;
}

/** The directories above and including `path` that do not exist, outermost first. */
export async function missingDirectories(path: string): Promise<readonly string[]> {
  try {
    await lstat(path);
    return [];
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw fileFault(`look at the directory ${path}`, error);
    return [...(await missingDirectories(dirname(path))), path];
  }
}

async function makeDirectory(path: string, { mode, uid, gid }: MadeAs): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
    if (uid !== undefined || gid !== undefined) await chown(path, uid ?? -1, gid ?? -1);
    await chmod(path, mode);
    await inDirectory(dirname(path), ({ sync }) => sync());
  } catch (error) {
    // Another process made it at the same moment: then it is theirs, and as good.
    if (errnoOf(error) !== "EEXIST") throw fileFault(`create the directory ${path}`, error);
  }
}

/** Removes directories that we made, innermost first, as long as they are empty. */
export async function removeDirectories(made: readonly string[]): Promise<void> {
  for (const path of made.toReversed()) {
    try {
      await rmdir(path);
    } catch (error) {
      if (["ENOTEMPTY", "EEXIST", "ENOENT"].includes(errnoOf(error) ?? "")) return;
      throw fileFault(`remove the directory ${path}`, error);
    }
  }
}

/** The entry `name` of the directory that `path` names. */
export function childPath({ path }: Pick<Directory, "path">, name: string): string {
  return join(path, name);
}
