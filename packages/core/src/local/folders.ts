import { lstatSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { stateLost } from "./state-error.ts";

/** Makes a folder of the state when it is absent, and not its parents: a state that was taken away is not begun anew by the way. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw stateLost(path);
    if (code !== "EEXIST") throw error;
  }
}

/**
 * Makes a directory and those above it that are absent, each by a call of its own: where there can be none (/proc), Node's own recursion never ends. Gives the
 * first that was absent.
 */
export function makePath(path: string, mode = 0o700): string | undefined {
  if (lstatSync(path, { throwIfNoEntry: false })) return undefined;
  const above = path === dirname(path) ? undefined : makePath(dirname(path));
  makeOnce(path, mode);
  return above ?? path;
}

/** Another process may make it after we looked: theirs is as good, and it is synced by both, for neither knows that the other came to it. */
function makeOnce(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
