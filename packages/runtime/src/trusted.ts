/** What `stat` says of a file, as far as it matters here. */
export interface Ownership {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** Why root must not take the word of a file, and what helps. */
export interface Distrust {
  readonly message: string;
  readonly hint: string;
}

const groupMayWrite = 0o020;
const allMayWrite = 0o002;

/**
 * Who can write what root acts on, is root: such a file belongs to root, and nobody else may write it. The rule of sudo, cron and logrotate for their
 * own configuration; root's own group may write. Undefined: the file can be used, or we are not root, and lose no more than we have.
 * @param user the effective user id; undefined where there is none
 */
export function distrust(
  path: string,
  { uid, gid, mode }: Ownership,
  user = process.geteuid?.(),
): Distrust | undefined {
  if (user !== 0) return undefined;
  if (uid !== 0) {
    const hint = `\`chown root ${path}\`, or run rotate as the user whom it belongs to`;
    return { message: `rotate runs as root, and ${path} belongs to uid ${uid}, who could write anything there`, hint };
  }
  const open = (mode & allMayWrite) !== 0 || ((mode & groupMayWrite) !== 0 && gid !== 0);
  if (!open) return undefined;
  const shown = (mode & 0o7777).toString(8).padStart(4, "0");
  return {
    message: `rotate runs as root, and others can write ${path} (mode ${shown})`,
    hint: `\`chmod go-w ${path}\`, once you have looked at what is in it`,
  };
}
