import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname, uptime } from "node:os";
import { monotonic } from "@rotate/runtime";

/** Which machine and which boot this is: a copied state must be told apart from its original. */
export interface Machine {
  /** A hash of the machine id; undefined where there is none (many containers), then a clone cannot be told. */
  readonly machineId: string | undefined;
  /** A hash of what the hardware, or the hypervisor, calls the machine; undefined without the right to read it. */
  readonly productId?: string | undefined;
  readonly hostName?: string | undefined;
  /** Changes with every boot. */
  readonly bootId: string;
  /** ms since boot, sleep included. */
  readonly uptime: () => number;
}

/** The machine this process runs on. */
export function readMachine(): Machine {
  return {
    machineId: hash(firstReadable(["/etc/machine-id", "/var/lib/dbus/machine-id"])),
    productId: hash(firstReadable(["/sys/class/dmi/id/product_uuid"])),
    hostName: hostname(),
    bootId:
      firstReadable(["/proc/sys/kernel/random/boot_id"]) ??
      `boot-${Math.round((Date.now() - uptime() * 1000) / 60_000)}`,
    uptime: readUptime(),
  };
}

/** How long an answer is carried on by the process's own clock, ms. */
const carried = 20;

/**
 * The system's answer, carried on for a moment: to ask costs a file to be opened and read, and each rotation asks several times. The process's own clock stands still
 * while the machine sleeps; the wall clock then leaps, and the system is asked again.
 */
function readUptime(): () => number {
  let last = { uptime: 0, awake: -Infinity, wall: -Infinity };
  return () => {
    const [awake, wall] = [monotonic(), Date.now()];
    const passed = awake - last.awake;
    if (passed >= carried || Math.abs(wall - last.wall - passed) > carried)
      last = { uptime: uptime() * 1000, awake, wall };
    return Math.round(last.uptime + awake - last.awake);
  };
}

/** machine-id(5) asks not to be shown: only a hash of it is kept. */
function hash(id: string | undefined): string | undefined {
  if (id === undefined) return undefined;
  return createHash("sha256").update(`rotate:${id}`).digest("hex").slice(0, 32);
}

function firstReadable(paths: readonly string[]): string | undefined {
  for (const path of paths) {
    try {
      const text = readFileSync(path, "utf8").trim();
      if (text !== "") return text;
    } catch {
      continue; // the next place
    }
  }
  return undefined;
}
