import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { HostNotes } from "../backend/host-notes.ts";

/** The last runs, in a file of their own: in the database each of them would cost five syncs, and most runs write nothing else. */
export function createRunLog(path: string): Pick<HostNotes, "recentRuns" | "noteRuns"> {
  return {
    recentRuns: async () => instantsIn(read(path)),
    async noteRuns(runs) {
      const next = `${path}.${process.pid}`;
      writeFileSync(next, JSON.stringify(runs), { mode: 0o600 });
      renameSync(next, path);
    },
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

/** Nothing, when a crash has left something else. */
function instantsIn(text: string): readonly number[] {
  try {
    const runs: unknown = JSON.parse(text);
    return Array.isArray(runs) && runs.every(Number.isFinite) ? (runs as readonly number[]) : [];
  } catch {
    return [];
  }
}
