import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "@rotate/plugin-kit";
import type { Helpers } from "../backend/host-notes.ts";

/** A process, told from another one of the same number by the time it started (field 22 of /proc/PID/stat, proc(5)). */
interface Noted {
  readonly pid: number;
  readonly startedAt: string;
}

/** Keeps the notes in files of `directory`, one per rotation. Without /proc nothing can be told apart, and nothing is noted. A note that cannot be kept stops no command. */
export function createHelpers(directory: string, log: Pick<Log, "warn">): Helpers {
  const running = new Map<string, Map<number, Noted>>();
  const fileOf = (rotation: string): string => join(directory, `${rotation}.json`);

  function save(rotation: string, notes: readonly Noted[]): void {
    const path = fileOf(rotation);
    try {
      if (notes.length === 0) return rmSync(path, { force: true });
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      writeFileSync(path, JSON.stringify(notes), { mode: 0o600 });
    } catch (error) {
      const why = (error as Error).message;
      log.warn("a command could not be noted: should this process be killed, it goes on", { path, error: why });
    }
  }

  return {
    noting(rotation, runtime) {
      const notes = running.get(rotation) ?? new Map<number, Noted>();
      running.set(rotation, notes);
      function onStart(pid: number): void {
        const startedAt = startOf(pid);
        if (startedAt === undefined) return;
        notes.set(pid, { pid, startedAt });
        save(rotation, [...notes.values()]);
      }
      function onEnd(pid: number): void {
        if (notes.delete(pid)) save(rotation, [...notes.values()]);
      }
      return { ...runtime, exec: (argv, init, signal) => runtime.exec(argv, { ...init, onStart, onEnd }, signal) };
    },
    endLeftOvers(rotation) {
      const left = readNotes(fileOf(rotation)).filter(({ pid, startedAt }) => startOf(pid) === startedAt);
      for (const { pid } of left) kill(pid);
      save(rotation, []);
      return left.map(({ pid }) => pid);
    },
  };
}

function readNotes(path: string): readonly Noted[] {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as readonly Noted[];
  } catch {
    return []; // there is none, or its writer died while writing the first one
  }
}

function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold anything; after it come state (3) and so on.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

/** The command alone, not its group: a reload may have started the consumer. */
function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
