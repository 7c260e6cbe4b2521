import { closeSync, constants, openSync, readFileSync } from "node:fs";
import { readFile, realpath } from "node:fs/promises";
import type { Directory } from "./directory.ts";
import { errnoOf, fileFault } from "./fault.ts";
import type { Place } from "./target.ts";

/** True when something is mounted on the file itself (a container's bind mount, a Kubernetes `subPath`): no rename can replace it. The file stands there. */
export async function isMountPoint(directory: Directory, place: Place): Promise<boolean> {
  if (process.platform !== "linux") return false;
  return isOnOther(directory, place) ?? isListed(place);
}

/** Linux, asm-generic/fcntl.h: names a file, and opens nothing. */
const pathOnly = 0o10000000;

/** Is the file on another mount than its directory, by proc_pid_fdinfo(5)? Undefined where that does not say. */
function isOnOther({ at, handle }: Directory, { name }: Place): boolean | undefined {
  try {
    const file = openSync(at(name), pathOnly | constants.O_NOFOLLOW);
    try {
      const [own, above] = [mountOf(file), mountOf(handle.fd)];
      return own === undefined || above === undefined ? undefined : own !== above;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

function mountOf(descriptor: number): string | undefined {
  return /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"))?.[1];
}

/** By proc_pid_mountinfo(5), which tells of all mounts. */
async function isListed({ parent, name }: Place): Promise<boolean> {
  const mounts = await readMounts();
  const target = `${await realpath(parent)}/${name}`;
  return mounts.some((line) => unescape(line.split(" ")[4] ?? "") === target);
}

async function readMounts(): Promise<readonly string[]> {
  try {
    return (await readFile("/proc/self/mountinfo", "utf8")).split("\n");
  } catch (error) {
    // Without /proc the rename itself will tell, by EBUSY.
    if (errnoOf(error) === "ENOENT") return [];
    throw fileFault("read /proc/self/mountinfo", error);
  }
}

/** Blank, tab, line feed and backslash stand in it as three octal digits. */
function unescape(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
