import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "@rotate/plugin-kit";
import type { Runtime } from "@rotate/runtime";
import type { Helpers } from "../backend/host-notes.ts";
import { makeFolder } from "./folders.ts";

/** A process, told from another one of the same number by the time it started (field 22 of /proc/PID/stat, proc(5)). */
interface Noted {
  readonly pid: number;
  readonly startedAt: string;
}

/** Replaces a file whole. */
type Write = typeof import("write-file-atomic").sync;

/** Keeps the notes in files of `directory`, one per rotation. Without /proc nothing can be told apart, and nothing is noted. A note that cannot be kept stops no command. */
export function createHelpers(directory: string, log: Pick<Log, "warn">): Helpers {
  const running = new Map<string, Map<number, Noted>>();
  const fileOf = (rotation: string): string => join(directory, `${rotation}.json`);

  /** Without a sync: no command outlives a power cut. */
  function save(rotation: string, notes: ReadonlyMap<number, Noted>, write: Write): void {
    const path = fileOf(rotation);
    try {
      if (notes.size === 0) return rmSync(path, { force: true });
      makeFolder(directory);
      write(path, JSON.stringify([...notes.values()]), { mode: 0o600, fsync: false });
    } catch (error) {
      const why = (error as Error).message;
      log.warn("a command could not be noted: should this process be killed, it goes on", { path, error: why });
    }
  }

  return {
    noting(rotation, runtime) {
      const notes = running.get(rotation) ?? new Map<number, Noted>();
      running.set(rotation, notes);
      const exec: Runtime["exec"] = async (argv, init, signal) => {
        const { sync: write } = (await import("write-file-atomic")).default;
        function onStart(pid: number): void {
          const startedAt = startOf(pid);
          if (startedAt === undefined) return;
          notes.set(pid, { pid, startedAt });
          save(rotation, notes, write);
        }
        function onEnd(pid: number): void {
          if (notes.delete(pid)) save(rotation, notes, write);
        }
        return runtime.exec(argv, { ...init, onStart, onEnd }, signal);
      };
      return { ...runtime, exec };
    },
    endLeftOvers(rotation) {
      const left = readNotes(fileOf(rotation)).filter(({ pid, startedAt }) => startOf(pid) === startedAt);
      for (const { pid } of left) kill(pid);
      forgetNotes(fileOf(rotation));
      return left.map(({ pid }) => pid);
    },
  };
}

/** On a full or read-only disk they stay: their processes are gone. */
function forgetNotes(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    return;
  }
}

function readNotes(path: string): readonly Noted[] {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as readonly Noted[];
  } catch {
    return []; // there is none, or a full disk cut it off
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
