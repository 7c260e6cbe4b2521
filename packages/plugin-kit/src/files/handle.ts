import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsync,
  ftruncateSync,
  openSync,
  readdir,
  readdirSync,
  statfs,
  type Stats,
  writeSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { promisify } from "node:util";
import { uptime } from "./uptime.ts";

type Awaitable<T> = T | Promise<T>;

/** An open file or directory. What may take the disk's time is waited for beside the event loop; what does not costs more to hand over than to do. */
export interface Handle {
  readonly fd: number;
  readonly stat: () => Awaitable<Stats>;
  readonly chmod: (mode: number) => Awaitable<void>;
  readonly chown: (uid: number, gid: number) => Awaitable<void>;
  readonly truncate: (length: number) => Awaitable<void>;
  /** `offset` and `length`: which bytes of the buffer; `position`: where in the file. */
  readonly write: (
    bytes: Buffer,
    part: { readonly offset: number; readonly length: number; readonly position: number },
  ) => Awaitable<{ readonly bytesWritten: number }>;
  /** fsync(2). */
  readonly sync: () => Promise<void>;
  readonly close: () => Awaitable<void>;
}

/** Opens a path. `isLocal`: as `isLocal` says of its directory. */
export async function openHandle(
  path: string,
  { flags, mode, isLocal: local }: { readonly flags: number; readonly mode?: number; readonly isLocal: boolean },
): Promise<Handle> {
  return local ? localHandle(openSync(path, flags, mode)) : open(path, flags, mode);
}

const inPool = promisify(fsync);

function localHandle(fd: number): Handle {
  return {
    fd,
    stat: () => fstatSync(fd),
    chmod: (mode) => fchmodSync(fd, mode),
    chown: (uid, gid) => fchownSync(fd, uid, gid),
    truncate: (length) => ftruncateSync(fd, length),
    write: (bytes, { offset, length, position }) => ({ bytesWritten: writeSync(fd, bytes, offset, length, position) }),
    sync: () => inPool(fd),
    close: () => closeSync(fd),
  };
}

/** Closes what is not needed any more, and was not written through: an error says nothing then. */
export async function closeQuietly(handle: Handle): Promise<void> {
  try {
    await handle.close();
  } catch {
    return;
  }
}

/** The names in a directory. */
export async function namesIn(path: string, local: boolean): Promise<readonly string[]> {
  return local ? readdirSync(path) : promisify(readdir)(path);
}

/** `f_type` of file systems whose data is on this machine (statfs(2)): ext2 to ext4, XFS, Btrfs, tmpfs, ramfs, overlayfs, F2FS, bcachefs, ZFS. */
const localTypes: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x858458f6, 0x794c7630, 0xf2f52010, 0xca451a4e, 0x2fc12fc1,
]);

/** How long an answer is good, ms, and how many are kept. */
const goodFor = 60_000;
const mostKept = 4_096;
const known = new Map<string, { readonly local: boolean; readonly until: number }>();

/** Does a call on this directory end without waiting for a network or another process? False where nobody knows: NFS, SMB, FUSE. */
export async function isLocal(directory: string): Promise<boolean> {
  if (process.platform !== "linux") return false;
  const now = uptime();
  const found = known.get(directory);
  if (found !== undefined && found.until > now) return found.local;
  const local = await typeOf(directory).then(
    (type) => localTypes.has(type),
    () => true, // it cannot be opened either, and that is said where it is opened
  );
  if (known.size >= mostKept) known.clear();
  known.set(directory, { local, until: now + goodFor });
  return local;
}

async function typeOf(directory: string): Promise<number> {
  return (await promisify(statfs)(directory)).type;
}
