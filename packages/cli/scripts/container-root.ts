/**
 * Lays out the file system of a container with nothing in it but the executable: no shell, no package manager, no user database. What the image's build does
 * is this and `COPY`, so that what is tested here is what runs there.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, mkdirSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";

/** Of nobody in particular, and never of root: what `USER` in the image says. */
export const containerUser = 65_532;

/** The directories that are written to: the state, what the application reads, and what has to be somewhere. A new volume takes mode and owner from them. */
const writable = ["/var/lib/rotate", "/run/credentials", "/tmp"];

/** Makes the root in `root`: the executable, the libraries that it is linked to, the places that are written. Run as root, they belong to the user. */
export function layContainerRoot(root: string, executable: string): void {
  copyInto(root, "/usr/bin/rotate", executable);
  for (const library of librariesOf(executable)) copyInto(root, library, realpathSync(library));
  mkdirSync(join(root, "etc/rotate"), { recursive: true });
  for (const path of writable) {
    mkdirSync(join(root, path), { recursive: true });
    chmodSync(join(root, path), 0o700);
    if (process.getuid?.() === 0) chownSync(join(root, path), containerUser, containerUser);
  }
}

function copyInto(root: string, path: string, from: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  copyFileSync(from, join(root, path));
  chmodSync(join(root, path), 0o755);
}

/** By their paths, as the loader looks for them (ldd(1)). */
function librariesOf(executable: string): readonly string[] {
  const text = execFileSync("ldd", [executable], { encoding: "utf8" });
  return [...text.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1] ?? "");
}

if (import.meta.main) {
  const { positionals } = parseArgs({ allowPositionals: true });
  const [root, executable] = positionals;
  if (root === undefined || executable === undefined) throw new Error("give the folder and the executable");
  layContainerRoot(resolve(root), resolve(executable));
}
