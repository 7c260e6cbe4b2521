import { existsSync, readFileSync, realpathSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { isSea } from "node:sea";
import { join, resolve } from "node:path";
import { createRuntime } from "@rotate/core";
import { isRotateError } from "@rotate/plugin-kit";
import { exitWith, type ActionInput } from "../action.ts";
import { durationValue } from "../flag-values.ts";
import { UsageError } from "../failure.ts";
import { readSpec } from "../spec.ts";
import { madeBy, unitsOf, type Unit } from "../systemd/units.ts";

/** What the units are like. */
export interface UnitFlags {
  readonly timer?: string | undefined;
  readonly user?: string | undefined;
  readonly name: string;
  readonly listen?: string | undefined;
  readonly program?: string | undefined;
}

/** `rotate systemd print --json`. */
export interface UnitsReport {
  readonly version: 1;
  readonly units: readonly Unit[];
}

/** `rotate systemd print`. */
export async function printUnits(input: ActionInput<UnitFlags, object>): Promise<UnitsReport> {
  const units = await unitsFor(input);
  if (!input.json)
    input.terminal.out(
      units
        .map(({ file, text }) => `# ${file}\n${text}`)
        .join("\n")
        .trimEnd(),
    );
  return { version: 1, units };
}

const standard = "/etc/systemd/system";

/** `rotate systemd install`: all units, or none. */
export async function installUnits(
  input: ActionInput<UnitFlags & { readonly directory?: string | undefined }, object>,
): Promise<UnitsReport> {
  const { flags, json, terminal } = input;
  const units = await unitsFor(input);
  const directory = resolve(flags.directory ?? standard);
  for (const { file } of units) refuseForeign(join(directory, file));
  for (const { file, text } of units) await writeUnit(join(directory, file), text).catch(cannotWrite);
  const isRead = flags.directory !== undefined || (await readByManager(terminal.err));
  const last = units.at(-1)?.file ?? "";
  if (!json) {
    for (const { file } of units) terminal.out(`wrote ${join(directory, file)}`);
    terminal.out(`next  systemctl enable --now ${last}`);
  }
  exitWith(isRead ? 0 : 1);
  return { version: 1, units };
}

async function unitsFor({ flags, terminal }: ActionInput<UnitFlags, object>): Promise<readonly Unit[]> {
  const { timer, user, name, listen, program } = flags;
  durationValue("timer", timer);
  if (!/^[A-Za-z0-9:_.@-]+$/.test(name))
    throw new UsageError("--name is no name of a unit", "letters, digits, dots and dashes");
  if (user !== undefined && !/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(user))
    throw new UsageError("--user is no name of a user");
  if (timer !== undefined && listen !== undefined) throw new UsageError("--listen is for the daemon, not for a timer");
  const spec = await readSpec(flags.file, terminal, { whole: true, stateDir: flags["state-dir"] });
  if (spec.file === "-") throw new UsageError("a unit needs a spec in a file", "name it with -f");
  const started = program === undefined ? thisProgram() : [resolve(program)];
  return unitsOf(spec, { program: started, name, user: user === "root" ? undefined : user, every: timer, listen });
}

/** One file, or Node and the entry of the package. */
function thisProgram(): readonly string[] {
  return isSea() ? [process.execPath] : [process.execPath, realpathSync(process.argv[1] ?? "")];
}

function refuseForeign(path: string): void {
  if (!existsSync(path) || readFileSync(path, "utf8").startsWith(madeBy)) return;
  throw new UsageError(`${path} was not made by rotate`, "choose another --name, or take it away");
}

/** Readable by all, whatever the umask. */
async function writeUnit(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  await chmod(path, 0o644);
}

function cannotWrite(error: NodeJS.ErrnoException): never {
  throw new UsageError(
    `cannot write the units (${error.code ?? error.message})`,
    "run it as root, or name another --directory",
  );
}

async function readByManager(tell: (text: string) => void): Promise<boolean> {
  const { exec } = createRuntime();
  try {
    const { exitCode, stderr } = await exec(["systemctl", "daemon-reload"], {}, AbortSignal.timeout(30_000));
    if (exitCode !== 0) tell(`systemd did not read the units: ${stderr.trim()}`);
    return exitCode === 0;
  } catch (error) {
    if (!isRotateError(error)) throw error;
    tell(`systemd did not read the units: ${error.message}`);
    return false;
  }
}
