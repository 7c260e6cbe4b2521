import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";

/** What the kernel says of one process (Linux, proc(5)). */
export interface ProcessInfo {
  /** Milliseconds since 1970, exact to about a second (`btime` of /proc/stat counts whole ones). */
  readonly startedAt: number;
  readonly uid: number;
  /** Names it goes by: its `comm` (at most 15 characters) and the last part of its first argument. */
  readonly names: readonly string[];
  /** Ended, but not yet collected by its parent. */
  readonly zombie: boolean;
}

/** USER_HZ, the unit of /proc/PID/stat: 100 on every Linux architecture that Node runs on (proc_pid_stat(5), sysconf(3)). */
const ticksPerSecond = 100;
/** Fields of /proc/PID/stat counted from the one behind the name: 3 is the state, 22 the start time. */
const stateField = 0;
const startField = 19;

/** True where processes can be looked at. */
export function hasProc(): boolean {
  return existsSync("/proc/self/stat");
}

async function bootTime(): Promise<number> {
  const line = /^btime (\d+)$/m.exec(await readFile("/proc/stat", "utf8"));
  return Number(line?.[1]) * 1000;
}

/** The process with this id, or undefined when there is none. */
export async function processInfo(pid: number): Promise<ProcessInfo | undefined> {
  try {
    const [line, command, owner, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, "utf8"),
      readFile(`/proc/${pid}/cmdline`, "utf8"),
      stat(`/proc/${pid}`),
      bootTime(),
    ]);
    return { ...parseStat(line, boot), uid: owner.uid, names: namesOf(line, command) };
  } catch (error) {
    // ESRCH: it ended while its files were being read.
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

function parseStat(line: string, boot: number): Pick<ProcessInfo, "startedAt" | "zombie"> {
  // The name stands in parentheses and may hold any character, so what counts comes after the last one.
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const startedAt = boot + (Number(fields[startField]) / ticksPerSecond) * 1000;
  return { startedAt, zombie: fields[stateField] === "Z" || fields[stateField] === "X" };
}

function namesOf(line: string, command: string): readonly string[] {
  const comm = line.slice(line.indexOf("(") + 1, line.lastIndexOf(")"));
  const [program = ""] = command.split("\0");
  return [comm, basename(program)].filter((name) => name !== "");
}
