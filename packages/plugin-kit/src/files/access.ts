import { readFile } from "node:fs/promises";
import { RotateError } from "../errors.ts";
import { copyAttributes, type Located, type Model } from "./attributes.ts";
import { errnoOf, fileFault, refused } from "./fault.ts";
import type { Handle } from "./handle.ts";
import type { AccessOptions } from "./options.ts";
import type { Access } from "./target.ts";

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

/**
 * Gives an open file its owner, attributes, access list and permissions, in this order, so that it is never open to more than it shall be.
 * @param file open for writing @param wanted what it shall have @param how the path of that file, for messages and `cp`, and the file whose
 * attributes are to be kept, if any
 * Throws DENIED, naming what would help, when an owner or group may not be given.
 */
export async function giveAccess(
  file: Handle,
  wanted: Access,
  { like, ...at }: Located & { readonly like?: Model | undefined },
): Promise<void> {
  await giveOwner(file, wanted, at.path);
  if (like !== undefined) await copyAttributes(like, at);
  if (((await file.stat()).mode & 0o7777) !== wanted.mode) await file.chmod(wanted.mode);
}

async function giveOwner(file: Handle, { uid, gid }: Access, path: string): Promise<void> {
  const now = await file.stat();
  const owner = uid === keep ? now.uid : uid;
  const group = gid === keep ? now.gid : gid;
  if (now.uid === owner && now.gid === group) return;
  try {
    await file.chown(owner, group);
  } catch (error) {
    if (errnoOf(error) !== "EPERM" && errnoOf(error) !== "EINVAL") throw error;
    throw ownerFault(path, { owner, group, isOurs: now.uid === owner }, error);
  }
}

interface Ids {
  readonly owner: number;
  readonly group: number;
  /** The owner is whoever runs rotate: only the group cannot be given. */
  readonly isOurs: boolean;
}

/** Only what helps is advised: another owner needs a privilege whatever the group is, and a group needs membership. */
function ownerFault(path: string, { owner, group, isOurs }: Ids, cause: unknown): RotateError {
  const us = process.geteuid?.();
  return new RotateError(`cannot give ${path} to owner ${owner} and group ${group}`, {
    code: "DENIED",
    retryable: false,
    hint: isOurs
      ? `make the user that runs rotate (uid ${us}) a member of group ${group}, or name one of its groups as \`group:\``
      : `run rotate as uid ${owner} or with CAP_CHOWN, or set \`owner: "${us}"\` so that the file belongs to the user that runs rotate, and let others read it by \`group:\` and \`mode:\``,
    cause,
  });
}
