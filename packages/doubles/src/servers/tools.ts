/** Servers and clients of others that tests start: what `npm run test:setup` installed, else what the machine has. */
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Pins every Python package with the hash of its file. */
export const requirements: string = join(import.meta.dirname, "../../requirements.txt");

/** The virtual environment for these requirements. It is whole when it holds the file `installed`. */
export function pythonHome(): string {
  const hash = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  return join(import.meta.dirname, "../../../../.cache/test-tools", `python-${hash.slice(0, 16)}`);
}

/** An interpreter or a program of the virtual environment; undefined while it is not installed. */
export function pythonProgram(name: string): string | undefined {
  const home = pythonHome();
  return existsSync(join(home, "installed")) ? join(home, "bin", name) : undefined;
}

/** A program by its whole path: the pinned one, else the machine's own. Undefined when there is neither. */
export function findProgram(name: string): string | undefined {
  const pinned = pythonProgram(name);
  if (pinned !== undefined && isExecutable(pinned)) return pinned;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** For the name of a test that is skipped; empty when nothing is missing. */
export function skippedWithout(found: string | undefined, what: string): string {
  return found === undefined ? ` (skipped: ${what} is missing, npm run test:setup brings it)` : "";
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
