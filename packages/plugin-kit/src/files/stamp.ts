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
    return `${markOf(dirname(path))} ${dev} ${ino} ${size} ${mode} ${uid} ${gid} ${nlink} ${mtimeMs} ${ctimeMs}`;
  } catch {
    return undefined; // to read it says why
  }
}

/** How long what was seen of a directory stands for what it is, ms: ten thousand files in few of them are looked at in a row. */
const carried = 20;
let seen: { readonly at: number; readonly marks: Map<string, string> } = { at: -Infinity, marks: new Map() };

function markOf(directory: string): string {
  const now = performance.now();
  if (now - seen.at > carried) seen = { at: now, marks: new Map() };
  const mark = seen.marks.get(directory) ?? lookAt(directory);
  seen.marks.set(directory, mark);
  return mark;
}

function lookAt(directory: string): string {
  const { dev, ino, mode } = lstatSync(directory);
  return `${dev} ${ino} ${mode}`;
}
