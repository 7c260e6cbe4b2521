import { mkdir, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ManagerState, newUnit, readState, type UnitRecord, writeState } from "./state.ts";

/** A `systemctl` and a `journalctl` that behave as systemd 252's do towards one user, without a systemd. */
export interface SystemdDouble {
  /** To be put first on PATH. */
  readonly directory: string;
  /** Adds a unit, or changes one. */
  readonly setUnit: (name: string, changes?: Partial<UnitRecord>) => void;
  readonly unit: (name: string) => UnitRecord | undefined;
  /** Changes what holds for the whole manager. */
  readonly set: (changes: Partial<Pick<ManagerState, "mayManage" | "running">>) => void;
  /** Every systemctl command line so far. */
  readonly calls: () => readonly (readonly string[])[];
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

async function installProgram(directory: string, name: "systemctl" | "journalctl", file: string): Promise<void> {
  const main = fileURLToPath(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url));
  const words = [process.execPath, "--disable-warning=ExperimentalWarning", main, file].map(quoted).join(" ");
  await writeFile(join(directory, name), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
}

/**
 * Writes executable `systemctl` and `journalctl` into `directory`. They know `show`, `restart`, `reload` and `reload-or-restart`, with the texts and exit
 * codes of the real ones, and refuse any other word.
 * @param directory made when it is not there
 */
export async function installSystemd(directory: string): Promise<SystemdDouble> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, "systemd-state.json");
  writeState(file, { mayManage: true, running: true, units: {}, calls: [] });
  await installProgram(directory, "systemctl", file);
  await installProgram(directory, "journalctl", file);
  return {
    directory,
    setUnit: (name, changes = {}) => {
      const state = readState(file);
      const unit = { ...(state.units[name] ?? newUnit()), ...changes };
      writeState(file, { ...state, units: { ...state.units, [name]: unit } });
    },
    unit: (name) => readState(file).units[name],
    set: (changes) => writeState(file, { ...readState(file), ...changes }),
    calls: () => readState(file).calls,
  };
}
