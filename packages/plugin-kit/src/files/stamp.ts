import { lstatSync } from "node:fs";
import { dirname } from "node:path";

/** A file that was changed a moment ago may be changed again without its times telling. ms */
const settledAfter = 2_000;

/**
 * For a sink's `stamp`: what lstat(2) tells of its file and of the directory that it is in. Undefined where the `path` among the options is no text, where nothing plain stands there, and while the file is
 * so young that a second change might not show.
 */
export function stampOfFile(options: unknown): string | undefined {
  const { path } = options as { readonly path?: unknown };
  if (typeof path !== "string") return undefined;
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isFile() !== true || Date.now() - stats.ctimeMs < settledAfter) return undefined;
    const { dev, ino, size, mode, uid, gid, nlink, mtimeMs, ctimeMs } = stats;
    const parent = lstatSync(dirname(path));
    return [parent.dev, parent.ino, parent.mode, dev, ino, size, mode, uid, gid, nlink, mtimeMs, ctimeMs].join(" ");
  } catch {
    return undefined; // to read it says why
  }
}
