/** The program behind the stand-in's `systemctl`: `systemctl STATE-FILE ARGUMENT…`. Texts and exit codes are those of systemd 252. */
import { readState, type StartOutcome, type UnitRecord, writeState } from "./state.ts";

const [file = "", ...argv] = process.argv.slice(2);
const state = readState(file);
const unitName = argv.at(-1) ?? "";
const unit = state.units[unitName];

/** Ends the way systemctl does: a message on standard error, and the exit code. */
function fail(code: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

function save(changed: UnitRecord): void {
  writeState(file, { ...readState(file), units: { ...state.units, [unitName]: changed } });
}

const outcomes: Readonly<Record<StartOutcome, Partial<UnitRecord>>> = {
  active: { activeState: "active", subState: "running", result: "success" },
  "job-fails": { activeState: "failed", subState: "failed", result: "exit-code" },
  dies: { activeState: "active", subState: "running", result: "success" },
  hangs: { activeState: "activating", subState: "start", result: "success" },
};

function start(record: UnitRecord): void {
  const lines = record.says.map((line) => ({ at: Date.now(), line }));
  const done =
    record.type === "oneshot" && record.onStart === "active"
      ? ({ activeState: "inactive", subState: "dead" } as const)
      : {};
  const journal = [...record.journal, ...lines];
  save({ ...record, ...outcomes[record.onStart], ...done, invocation: record.invocation + 1, journal });
  // systemctl waits for the job, however long it takes.
  if (record.onStart === "hangs") setInterval(() => undefined, 60_000);
  if (record.onStart !== "job-fails") return;
  const see = `See "systemctl status ${unitName}" and "journalctl -xeu ${unitName}" for details.`;
  fail(1, `Job for ${unitName} failed because the control process exited with error code.\n${see}`);
}

function reload(record: UnitRecord): void {
  if (!record.canReload) {
    const see = `See system logs and 'systemctl status ${unitName}' for details.`;
    fail(3, `Failed to reload ${unitName}: Job type reload is not applicable for unit ${unitName}.\n${see}`);
  }
  if (record.activeState !== "active") {
    fail(1, `${unitName} is not active, cannot reload.`);
  }
  save({ ...record, reloads: record.reloads + 1 });
}

function manage(verb: string): void {
  if (!state.mayManage) fail(1, `Failed to ${verb} ${unitName}: Interactive authentication required.`);
  if (unit === undefined) fail(5, `Failed to ${verb} ${unitName}: Unit ${unitName} not found.`);
  if (unit.loadState === "masked") fail(1, `Failed to ${verb} ${unitName}: Unit ${unitName} is masked.`);
  const reloads =
    verb === "reload" || (verb === "reload-or-restart" && unit.canReload && unit.activeState === "active");
  if (reloads) reload(unit);
  else start(unit);
}

/** A unit that dies does so between two looks, and is started again by Restart=. */
function look(record: UnitRecord): UnitRecord {
  const died = record.onStart === "dies" && record.activeState === "active";
  if (died) save({ ...record, restarts: record.restarts + 1, invocation: record.invocation + 1 });
  return record;
}

function show(): string {
  const wanted = (argv.find((word) => word.startsWith("--property=")) ?? "").slice("--property=".length).split(",");
  const found = unit === undefined ? undefined : look(unit);
  const all: Readonly<Record<string, string>> = {
    LoadState: found?.loadState ?? "not-found",
    ActiveState: found?.activeState ?? "inactive",
    SubState: found?.subState ?? "dead",
    Result: found?.result ?? "success",
    Type: found?.type ?? "simple",
    CanReload: found?.canReload === true ? "yes" : "no",
    NRestarts: String(found?.restarts ?? 0),
    InvocationID: found === undefined ? "" : found.invocation.toString(16).padStart(32, "0"),
  };
  return wanted
    .filter((name) => name in all)
    .map((name) => `${name}=${all[name]}\n`)
    .join("");
}

const flags = ["--system", "--user", "--no-ask-password", "--no-pager"];

function main(): string {
  writeState(file, { ...state, calls: [...state.calls, argv] });
  const words = argv.filter((word) => !flags.includes(word) && !word.startsWith("--property=") && word !== "--");
  const unknown = words.find((word) => word.startsWith("-"));
  if (unknown !== undefined) fail(1, `systemctl: unrecognized option '${unknown}'`);
  const [verb = ""] = words;
  if (!["show", "restart", "reload", "reload-or-restart"].includes(verb)) fail(1, `Unknown command verb ${verb}.`);
  if (words.length !== 2) fail(1, "Too few arguments.");
  if (!state.running) {
    const booted = "System has not been booted with systemd as init system (PID 1). Can't operate.";
    fail(1, `${booted}\nFailed to connect to bus: Host is down`);
  }
  if (verb === "show") return show();
  manage(verb);
  return "";
}

process.stdout.write(main());
