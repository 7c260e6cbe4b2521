import { closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import type { Log } from "@rotate/plugin-kit";
import type { ClockNote } from "../schedule/clock.ts";
import type { HostNotes, RunNotes } from "../backend/host-notes.ts";
import { quickSum } from "@rotate/runtime";

type Notes = Required<Pick<HostNotes, "runNotes" | "noteRuns" | "clockNote" | "noteClock">>;

/** The last runs and the last look at the clocks, in files of their own: in the database each would cost a sync, and most looks write nothing else. */
export function createRunLog(directory: string, log: Pick<Log, "warn">): Notes {
  let told = false;

  /** A pace that cannot be noted stops nobody. */
  async function note(path: string, value: unknown): Promise<void> {
    try {
      replace(path, value);
    } catch (error) {
      if (!told) log.warn("the time of this run could not be noted", { path, error: (error as Error).message });
      told = true;
    }
  }

  function known(path: string): unknown {
    try {
      return readJson(path);
    } catch (error) {
      log.warn("the times of earlier runs could not be read", { path, error: (error as Error).message });
      return undefined;
    }
  }

  const runs = `${directory}/runs.json`;
  const clock = `${directory}/clock.json`;
  return {
    runNotes: async () => runNotesIn(known(runs)),
    noteRuns: (notes) => note(runs, notes),
    clockNote: async () => {
      const read = known(clock);
      return isClockNote(read) ? read : undefined;
    },
    noteClock: (now) => note(clock, now),
  };
}

/** Bytes of a file; what is shorter is filled up, so that the next fits in its place. */
const size = 1_024;

/**
 * Over what stands there, in one write: a file that is put in its place by a rename is written out by ext4 first, and each start would wait for the disk. Who reads
 * while this writes sees by the sum that what he has is neither the one nor the other.
 */
function replace(path: string, value: unknown): void {
  const text = JSON.stringify(value);
  const whole = Buffer.from(`${text}\n${quickSum(text)}\n`.padEnd(size));
  if (whole.length === size && wroteOver(path, whole)) return;
  const next = `${path}.${process.pid}`;
  writeFileSync(next, whole, { mode: 0o600 });
  renameSync(next, path);
}

/** False: there is none yet. */
function wroteOver(path: string, whole: Buffer): boolean {
  try {
    const descriptor = openSync(path, "r+");
    try {
      return writeSync(descriptor, whole, 0, whole.length, 0) === whole.length;
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** Undefined when there is none, or a crash has left something else. What earlier versions wrote has no sum. */
function readJson(path: string): unknown {
  try {
    const [text = "", sum] = readFileSync(path, "utf8").split("\n");
    return sum === undefined || sum === quickSum(text) ? JSON.parse(text) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** A list of instants is what earlier versions kept. */
function runNotesIn(read: unknown): RunNotes {
  if (isInstants(read)) return { at: read };
  if (typeof read !== "object" || read === null) return { at: [] };
  const { at, told } = read as Partial<RunNotes>;
  const isTold = told !== undefined && Number.isFinite(told.at) && Number.isFinite(told.every);
  return { at: isInstants(at) ? at : [], ...(isTold && { told }) };
}

function isInstants(read: unknown): read is readonly number[] {
  return Array.isArray(read) && read.every((instant) => Number.isFinite(instant));
}

function isClockNote(read: unknown): read is ClockNote {
  if (typeof read !== "object" || read === null) return false;
  const note = read as Partial<Record<keyof ClockNote, unknown>>;
  const numbers = [note.time, note.wall, note.told, note.uptime];
  return typeof note.bootId === "string" && numbers.every((number) => Number.isFinite(number));
}
