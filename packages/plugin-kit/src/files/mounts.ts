import { readFile, realpath } from "node:fs/promises";
import { errnoOf, fileFault } from "./fault.ts";
import type { Place } from "./target.ts";

/** True when something is mounted on the file itself (a container's bind mount, a Kubernetes `subPath`): no rename can replace it. Linux: proc_pid_mountinfo(5). */
export async function isMountPoint({ parent, name }: Place): Promise<boolean> {
  if (process.platform !== "linux") return false;
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
