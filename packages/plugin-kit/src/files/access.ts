import { type FileHandle, readFile } from "node:fs/promises";
import type { ExecAnswer } from "../context.ts";
import { isRotateError, RotateError } from "../errors.ts";
import { errnoOf, fileFault, refused } from "./fault.ts";
import type { AccessOptions, FileTools } from "./options.ts";
import type { Access } from "./target.ts";

/** Permissions and owner that a written file is to have. */
export interface Wanted extends Access {
  /** Path of the file whose access list is to be kept, if any. */
  readonly listOf?: string | undefined;
}

/** The access options, names looked up. */
export interface AskedAccess {
  readonly mode: number | undefined;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** Reads `mode`, `owner` and `group`. Throws INVALID for a name that this system does not know. */
export async function askedAccess(options: Partial<AccessOptions>): Promise<AskedAccess> {
  return {
    mode: options.mode === undefined ? undefined : Number.parseInt(options.mode, 8),
    uid: await idOf(options.owner, "/etc/passwd", "owner"),
    gid: await idOf(options.group, "/etc/group", "group"),
  };
}

/** passwd(5) and group(5): name, password, id. */
async function idOf(name: string | undefined, file: string, option: string): Promise<number | undefined> {
  if (name === undefined) return undefined;
  if (/^[0-9]{1,10}$/.test(name)) return Number(name);
  const lines = await readFile(file, "utf8").catch((error: unknown) => {
    throw fileFault(`read ${file}`, error);
  });
  const entry = lines.split("\n").find((line) => line.startsWith(`${name}:`));
  if (entry !== undefined) return Number(entry.split(":")[2]);
  throw refused(
    `${option}: ${name} is not in ${file}`,
    `correct the name, or give the numeric id as ${option}: "1000"`,
  );
}

/** What the file that replaces `now` (or is new) shall have: what was asked for, else what is there, else 0600 and ours. */
export function wantedAccess(asked: AskedAccess, now: Access | undefined): Access {
  return {
    mode: asked.mode ?? now?.mode ?? 0o600,
    uid: asked.uid ?? now?.uid ?? keep,
    gid: asked.gid ?? now?.gid ?? keep,
  };
}

/** An id that means: as it is (chown(2)). */
const keep = -1;

/** A path for messages and commands, and what runs commands. */
export interface Located {
  readonly path: string;
  readonly tools: FileTools;
}

/**
 * True when the file at `path` has an access list (acl(5)). Node cannot read one, so `ls` is asked. The list's mask stands in the group bits of
 * the mode: without them no entry is in effect, and nothing needs to be asked.
 */
export async function hasAccessList(now: { readonly mode: number }, { path, tools }: Located): Promise<boolean> {
  if (process.platform !== "linux" || (now.mode & 0o070) === 0) return false;
  try {
    const { exitCode, stdout } = await tools.exec(["ls", "-ldn", "--", path], { env: { LC_ALL: "C" } });
    if (exitCode === 0) return /^[^ ]+\+ /.test(stdout);
  } catch (error) {
    if (!isRotateError(error) || error.code !== "NOT_FOUND") throw listFault(path, error);
    tools.log.debug("no ls command, so an access list would not be seen", { path });
    return false;
  }
  throw listFault(path);
}

/** Finds, before it is needed, that the access list of a file could not be kept. */
export async function checkAccessList(now: { readonly mode: number }, at: Located): Promise<void> {
  if (!(await hasAccessList(now, at))) return;
  const { exitCode } = await copy(at, ["--help"]);
  if (exitCode !== 0) throw listFault(at.path);
}

/** GNU's cp copies an access list along with the mode; others do not know the option and say so. */
function copy({ path, tools }: Located, words: readonly string[]): Promise<ExecAnswer> {
  return tools
    .exec(["cp", "--attributes-only", "--preserve=mode", ...words], { env: { LC_ALL: "C" } })
    .catch((cause: unknown) => {
      throw listFault(path, cause);
    });
}

function listFault(path: string, cause?: unknown): RotateError {
  return new RotateError(`cannot keep the access list (ACL) of ${path}`, {
    code: "FAILED",
    retryable: false,
    hint: "install GNU coreutils (cp, ls), or remove the list with setfacl -b and use mode and group instead",
    cause,
  });
}

/**
 * Gives an open file its owner, access list and permissions, in this order, so that it is never open to more than it shall be.
 * @param file open for writing @param path the path of that file, for messages and `cp` @param wanted what it shall have
 * Throws DENIED, naming what would help, when an owner or group may not be given.
 */
export async function giveAccess(file: FileHandle, wanted: Wanted, { path, tools }: Located): Promise<void> {
  await giveOwner(file, wanted, path);
  if (wanted.listOf !== undefined) await copyAccessList(wanted.listOf, { path, tools });
  if (((await file.stat()).mode & 0o7777) !== wanted.mode) await file.chmod(wanted.mode);
}

async function giveOwner(file: FileHandle, { uid, gid }: Access, path: string): Promise<void> {
  const now = await file.stat();
  const owner = uid === keep ? now.uid : uid;
  const group = gid === keep ? now.gid : gid;
  if (now.uid === owner && now.gid === group) return;
  try {
    await file.chown(owner, group);
  } catch (error) {
    if (errnoOf(error) !== "EPERM" && errnoOf(error) !== "EINVAL") throw error;
    throw ownerFault(path, { owner, group }, error);
  }
}

function ownerFault(path: string, ids: { owner: number; group: number }, cause: unknown): RotateError {
  return new RotateError(`cannot give ${path} to owner ${ids.owner} and group ${ids.group}`, {
    code: "DENIED",
    retryable: false,
    hint: `run rotate as uid ${ids.owner}, give it CAP_CHOWN, or set \`group:\` to a group that the user that runs rotate is in`,
    cause,
  });
}

async function copyAccessList(from: string, to: Located): Promise<void> {
  const { exitCode } = await copy({ ...to, path: from }, ["--", from, to.path]);
  if (exitCode !== 0 || !(await hasAccessList({ mode: 0o070 }, to))) throw listFault(from);
}
