import { lstatSync, rmSync, type Stats } from "node:fs";
import { chmod, chown, lstat, mkdtemp, rename, rm } from "node:fs/promises";
import { connect, type Server } from "node:net";
import { dirname, join } from "node:path";
import { RotateError } from "@rotate/plugin-kit";

/** A Unix socket and who may connect to it: connect(2) needs the right to write. Ids that are absent stay those of this process. */
export interface SocketPlace {
  readonly socket: string;
  /** `0o660` */
  readonly mode: number;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

/**
 * Listens at the place. The socket is made in a directory of our own and gets its permissions there, before it is moved to its path: at no moment may anybody connect who
 * shall not. One that a dead process left is replaced. Gives what takes it away. Throws RotateError when somebody else is there, or could put himself there.
 */
export async function listenAt(server: Server, place: SocketPlace): Promise<() => void> {
  const { socket: path, mode, uid, gid } = place;
  const parent = dirname(path);
  await refuseUnsafe(parent);
  await refuseTaken(path);
  const room = await mkdtemp(join(parent, ".r-")).catch((error: unknown) => {
    throw cannotListen(path, error);
  });
  const made = join(room, "s");
  try {
    await listening(server, made);
    await chmod(made, mode);
    if (uid !== undefined || gid !== undefined) await chown(made, uid ?? -1, gid ?? -1);
    const { ino } = await lstat(made);
    await rename(made, path);
    return () => removeOurs(path, ino);
  } catch (error) {
    server.close();
    throw cannotListen(path, error);
  } finally {
    await rm(room, { recursive: true, force: true });
  }
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Who can write in the directory can put a socket of his own at our path. */
async function refuseUnsafe(parent: string): Promise<void> {
  const stats = await lstat(parent).catch((error: unknown) => {
    throw cannotListen(parent, error);
  });
  if (!stats.isDirectory())
    throw refused(`${parent} is no directory of its own`, "name the directory itself, not a link to it");
  const us = process.geteuid?.();
  if (stats.uid !== us && stats.uid !== 0) throw refused(`${parent} belongs to uid ${stats.uid}`, ownDirectory);
  if ((stats.mode & 0o022) !== 0) throw refused(`others may write in ${parent}`, ownDirectory);
}

const ownDirectory =
  "use a directory that only the user that runs rotate can write in, such as one below /run; consumers need no more than to enter it";

async function refuseTaken(path: string): Promise<void> {
  const stats = await lstat(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw cannotListen(path, error);
  });
  if (stats === undefined) return;
  if (!stats.isSocket())
    throw refused(`there is something at ${path} that is no socket`, "take it away, or name another path");
  if (await isAnswered(path))
    throw refused(
      `somebody listens at ${path} already`,
      "is another `rotate watch` running? Stop it, or name another path",
    );
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on("error", () => resolve(false));
    socket.on("connect", () => {
      resolve(true);
      socket.destroy();
    });
  });
}

/** Another process may have put its own there meanwhile. */
function removeOurs(path: string, inode: number): void {
  const stats: Stats | undefined = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.ino === inode) rmSync(path, { force: true });
}

function refused(message: string, hint: string): RotateError {
  return new RotateError(message, { code: "INVALID", retryable: false, hint });
}

const remedies: Readonly<Record<string, string>> = {
  ENOENT: "create the directory, for example with `RuntimeDirectory=` of systemd",
  EACCES: "the user that runs rotate needs to write in the directory",
  EPERM: "make the user that runs rotate a member of the group, or run it with CAP_CHOWN",
  EROFS: "choose a directory on a file system that can be written",
};

function cannotListen(path: string, error: unknown): RotateError {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return new RotateError(`cannot listen at ${path} (${code === "" ? message : code})`, {
    code: code === "EACCES" || code === "EPERM" ? "DENIED" : "UNAVAILABLE",
    retryable: true,
    hint: remedies[code] ?? "see whether a socket can be made there by hand",
    cause: error,
  });
}
