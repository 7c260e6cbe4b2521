/** A disk that can lose power: an ext4 file system in an image file. A copy of the image holds what was written through, and nothing that only stood in memory. */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const bytes = 32 * 1024 * 1024;
/** Nothing is written through unless somebody asks for it: neither by the clock nor because a name is replaced (ext4(5)). */
const lazily = "loop,commit=300,noauto_da_alloc";

export interface Disk {
  /** Where it is mounted. */
  readonly path: string;
  /** Copies what a power cut at this moment would leave, under this name beside the image. */
  readonly cut: (name: string) => string;
  /** Mounts a copy beside the disk, lets `look` read there and takes it away again. */
  readonly inspect: <T>(copy: string, look: (path: string) => T) => T;
  /** Power is back: what the copy holds is the disk from now on. */
  readonly restart: (copy: string) => void;
  readonly remove: () => void;
}

/** Why no disk can be made here; undefined when one can. */
export const noDisk: string | undefined = whyNoDisk();

function whyNoDisk(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "loop devices need root on Linux";
  if (spawnSync("mkfs.ext4", ["-V"]).status !== 0) return "mkfs.ext4 is missing";
  try {
    openDisk().remove();
    return undefined;
  } catch {
    return "no loop device can be mounted";
  }
}

/** Makes and mounts one. Throws when a tool fails. */
export function openDisk(): Disk {
  const folder = mkdtempSync(join(tmpdir(), "rotate-disk-"));
  const [image, path, beside] = ["image", "disk", "beside"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(image, "");
  truncateSync(image, bytes);
  run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", image);
  for (const each of [path, beside]) mkdirSync(each);
  run("mount", "-o", lazily, image, path);

  return {
    path,
    cut: (name) => copyOf(image, join(folder, name)),
    inspect(copy, look) {
      run("mount", "-o", "loop", copy, beside);
      try {
        return look(beside);
      } finally {
        run("umount", beside);
      }
    },
    restart(copy) {
      run("umount", path);
      run("mount", "-o", "loop", copy, path);
    },
    remove() {
      spawnSync("umount", ["-l", path]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Two copies in a row that are the same are the disk as it was between them. */
function copyOf(image: string, copy: string): string {
  do {
    copyFileSync(image, copy);
  } while (!readFileSync(image).equals(readFileSync(copy)));
  return copy;
}

function run(command: string, ...argv: readonly string[]): void {
  execFileSync(command, argv, { stdio: ["ignore", "ignore", "pipe"] });
}
