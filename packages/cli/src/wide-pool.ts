import { stat } from "node:fs";

/** As many as rotations are worked on at once, unless the command line says otherwise. */
const threads = "16";
const variable = "UV_THREADPOOL_SIZE";

/** Commands that may have many files to sync at the same time. */
const wide: ReadonlySet<string> = new Set(["run", "watch"]);

/**
 * Lets more calls than Node's four wait for the disk at once: disks take many syncs together in about the time of one. The pool is made, and the variable read, at
 * its first call, so that has to be this one; no command that is started later finds the variable.
 */
export function widenPool([command = ""]: readonly string[], env: NodeJS.ProcessEnv): void {
  if (!wide.has(command) || env[variable] !== undefined) return;
  env[variable] = threads;
  stat("/", () => undefined);
  delete env[variable];
}
