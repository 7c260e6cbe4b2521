/** Which file a program is, and who could change it between our look and its start. */
import { createHash } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { lstat, open, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, resolve } from "node:path";
import { invalid, RotateError } from "@rotate/plugin-kit";

/** A program as it lies there now. */
export interface Place {
  /** Its real path. */
  readonly file: string;
  /** `sha256-` and base64. */
  readonly integrity: string;
  /** `any` for a script, else what it is built for: `linux-x64`. */
  readonly platform: string;
  /** Of a script's first line, without `#!`. */
  readonly interpreter?: string;
}

/** True for what is named by a path; everything else is the name of a package. */
export function isPath(name: string): boolean {
  return isAbsolute(name) || name.startsWith("./") || name.startsWith("../");
}

/** What this machine runs. */
export const ownPlatform = `${process.platform}-${process.arch}`;

/** Looks at a program. Throws NOT_FOUND when it is not there, INVALID when others could change it. @param directory of the spec */
export async function placeOf(name: string, directory: string): Promise<Place> {
  const file = await realpath(resolve(directory, name)).catch((error: unknown) => {
    throw missing(name, error);
  });
  const stats = await stat(file);
  if (!stats.isFile()) throw invalid(`plugin ${name}: not a regular file`, "name the program itself");
  if ((stats.mode & 0o6000) !== 0) throw invalid(`plugin ${name}: it is setuid or setgid`, `chmod ug-s ${file}`);
  if ((stats.mode & 0o111) === 0) throw invalid(`plugin ${name}: it is not executable`, `chmod +x ${file}`);
  await refuseOthers(name, file);
  const head = await headOf(file);
  const interpreter = /^#![ \t]*(?<line>[^\r\n]*)/.exec(head)?.groups?.["line"]?.trim();
  return {
    file,
    integrity: await integrityOf(file),
    platform: interpreter === undefined ? ownPlatform : "any",
    ...(interpreter !== undefined && { interpreter }),
  };
}

function missing(name: string, cause: unknown): RotateError {
  const hint = "paths are relative to the folder of the spec";
  return new RotateError(`plugin ${name}: there is no such file`, { code: "NOT_FOUND", retryable: false, hint, cause });
}

/** Every folder up to the root, and the file, belongs to root or us, and nobody else may write there. Throws INVALID that names the first that does not. */
export async function refuseOthers(name: string, file: string, user = process.geteuid?.() ?? 0): Promise<void> {
  for (let at = file; ; at = dirname(at)) {
    refuseOwner(name, { at, stats: await lstat(at), user, isParent: at !== file });
    if (at === dirname(at)) return;
  }
}

/** A file or folder, and who owns it. */
interface Owned {
  readonly at: string;
  readonly stats: Pick<Stats, "uid" | "mode">;
  readonly user?: number;
  readonly isParent?: boolean;
}

/** The same of one file or folder. `isParent`: a sticky folder, where everybody writes only what is theirs, is taken. */
export function refuseOwner(
  name: string,
  { at, stats: { uid, mode }, user = process.geteuid?.() ?? 0, isParent = false }: Owned,
): void {
  if (uid !== 0 && uid !== user)
    throw invalid(
      `plugin ${name}: ${at} belongs to uid ${uid}, who could change what runs`,
      `chown it, or keep the plugin in a folder of your own`,
    );
  const isSticky = (mode & 0o1000) !== 0 && isParent;
  if ((mode & 0o022) !== 0 && !isSticky)
    throw invalid(
      `plugin ${name}: others can write ${at}, and so change what runs`,
      `chmod go-w ${at}, once you have looked at what is in it`,
    );
}

async function headOf(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0);
    return buffer.subarray(0, bytesRead).toString("latin1");
  } finally {
    await handle.close();
  }
}

/** The SHA-256 of a file, as the lock writes it. */
export async function integrityOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return `sha256-${hash.digest("base64")}`;
}
