import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname, uptime } from "node:os";
import { monotonic, quickSum } from "@rotate/runtime";

/** Which machine and which boot this is: a copied state must be told apart from its original. */
export interface Machine {
  /** A hash of the machine id; undefined where there is none (many containers), then a clone cannot be told. */
  readonly machineId: string | undefined;
  /** A hash of what the hardware, or the hypervisor, calls the machine; undefined without the right to read it. */
  readonly productId?: string | undefined;
  /** Of both, made without node:crypto: where it is the one that is known, so are they. */
  readonly quick?: string | undefined;
  readonly hostName?: string | undefined;
  /** Changes with every boot. */
  readonly bootId: string;
  /** ms since boot, sleep included. */
  readonly uptime: () => number;
}

/** The machine this process runs on. */
export function readMachine(): Machine {
  const machine = firstReadable(["/etc/machine-id", "/var/lib/dbus/machine-id"]);
  const product = firstReadable(["/sys/class/dmi/id/product_uuid"]);
  return {
    get machineId() {
      return hash(machine);
    },
    get productId() {
      return hash(product);
    },
    quick: `${quickOf(machine)} ${quickOf(product)}`,
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

/** 32 bits of it say that two are not the same, and nothing of which it is. */
function quickOf(id: string | undefined): string {
  return id === undefined ? "" : quickSum(`rotate:${id}`);
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
