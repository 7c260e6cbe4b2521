import { RotateError } from "../errors.ts";
import type { AskedAccess } from "./access.ts";
import type { Directory } from "./directory.ts";
import { refused } from "./fault.ts";
import type { FileOptions, FileTools } from "./options.ts";
import type { Place, Snapshot } from "./target.ts";

/** True when every user of the system may make and remove files there. */
export function isWorldWritable({ stats }: Directory): boolean {
  return (stats.mode & 0o002) !== 0;
}

/**
 * Refuses a directory in which somebody else can plant things: a sticky one of another user (/tmp), or a world-writable one in which the
 * target already belongs to somebody whom nobody named.
 */
export function guardDirectory(directory: Directory, now: Snapshot | undefined, asked: AskedAccess): void {
  if (!isWorldWritable(directory)) return;
  const us = process.geteuid?.();
  const sticky = (directory.stats.mode & 0o1000) !== 0;
  if (sticky && directory.stats.uid !== us) {
    throw denied(`the directory ${directory.path} is shared by all users (sticky and world-writable)`);
  }
  if (now === undefined || now.uid === us || now.uid === asked.uid) return;
  throw denied(`the directory ${directory.path} is world-writable and the file in it belongs to uid ${now.uid}`);
}

function denied(message: string): RotateError {
  return new RotateError(message, {
    code: "DENIED",
    retryable: false,
    hint: "use a directory that only the user that runs rotate can write in, such as one below /run",
  });
}

/** Refuses a file that its owner made read-only, unless the spec names a `mode`: a rename would not ask. */
export function guardReadOnly({ path }: Place, now: Snapshot | undefined, asked: AskedAccess): void {
  if (now === undefined || asked.mode !== undefined || (now.mode & 0o200) !== 0) return;
  const mode = now.mode.toString(8).padStart(4, "0");
  throw refused(
    `${path} is read-only (mode ${mode})`,
    `chmod u+w it, or set \`mode: "${mode}"\` so that it is rotated and stays so`,
  );
}

interface GuardOptions extends Partial<FileOptions> {
  readonly ctx: FileTools;
}

/** Refuses a target that exists and was not written by this rotation before, where the spec says `existing: refuse`. */
export function guardExisting({ path }: Place, now: unknown, { existing, ctx }: GuardOptions): void {
  if (now === undefined || existing !== "refuse" || ctx.ours === true) return;
  throw refused(`${path} exists already`, "take the file away, or set `existing: replace`");
}
