import { readFileSync, writeFileSync } from "node:fs";

/** What happens when a unit is started: it comes up, its job fails, it dies right after, or it never gets anywhere. */
export type StartOutcome = "active" | "job-fails" | "dies" | "hangs";

/** A unit as the stand-in knows it. */
export interface UnitRecord {
  readonly loadState: "loaded" | "masked";
  readonly type: "simple" | "notify" | "oneshot";
  readonly activeState: "active" | "inactive" | "failed" | "activating";
  readonly subState: string;
  readonly result: string;
  readonly canReload: boolean;
  readonly onStart: StartOutcome;
  readonly restarts: number;
  /** How often it was started; the invocation id is made of it. */
  readonly invocation: number;
  readonly reloads: number;
  /** What it writes when it starts. */
  readonly says: readonly string[];
  readonly journal: readonly { readonly at: number; readonly line: string }[];
}

/** Everything that the stand-in keeps, in a file between the calls. */
export interface ManagerState {
  /** False: polkit refuses whoever asks for a change. */
  readonly mayManage: boolean;
  /** False: there is no systemd to speak to. */
  readonly running: boolean;
  readonly units: Readonly<Record<string, UnitRecord>>;
  /** The command lines so far. */
  readonly calls: readonly (readonly string[])[];
}

/** Reads the state. @param file where `installSystemd` put it */
export function readState(file: string): ManagerState {
  return JSON.parse(readFileSync(file, "utf8")) as ManagerState;
}

/** Writes the state. */
export function writeState(file: string, state: ManagerState): void {
  writeFileSync(file, JSON.stringify(state));
}

/** A unit that is active. */
export function newUnit(changes: Partial<UnitRecord> = {}): UnitRecord {
  return {
    loadState: "loaded",
    type: "simple",
    activeState: "active",
    subState: "running",
    result: "success",
    canReload: true,
    onStart: "active",
    restarts: 0,
    invocation: 1,
    reloads: 0,
    says: [],
    journal: [],
    ...changes,
  };
}
