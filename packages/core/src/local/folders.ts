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
 * first that was made.
 */
export function makePath(path: string, mode = 0o700): string | undefined {
  if (lstatSync(path, { throwIfNoEntry: false })) return undefined;
  const above = path === dirname(path) ? undefined : makePath(dirname(path));
  mkdirSync(path, { mode });
  return above ?? path;
}
