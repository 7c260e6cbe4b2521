import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname, uptime } from "node:os";

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
    uptime: () => Math.round(uptime() * 1000),
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
