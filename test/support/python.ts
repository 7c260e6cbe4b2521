/** Servers and clients from PyPI that tests talk to: a virtual environment of what `packages/doubles/requirements.txt` pins. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pythonHome, pythonProgram, requirements } from "@rotate/doubles";

/** Makes the environment, unless it is there. Gives a sentence when this machine cannot; throws when a package is not what was pinned. */
export function bringPython(): string {
  const home = pythonHome();
  if (pythonProgram("python3") !== undefined) return compiled(home) ? "there" : "compiled";
  mkdirSync(dirname(home), { recursive: true });
  rmSync(home, { recursive: true, force: true });
  if (!succeeds("python3", ["-m", "venv", home])) return "not brought: python3 with venv and pip is missing";
  install(home);
  writeFileSync(join(home, "installed"), "");
  compiled(home);
  return "brought";
}

/** Were its modules compiled? Now they are: else each of a hundred processes would do it, wherever Python may not write beside its sources. */
function compiled(home: string): boolean {
  const mark = join(home, "compiled");
  if (existsSync(mark)) return true;
  spawnSync(join(home, "bin/python3"), ["-m", "compileall", "-q", join(home, "lib")], { stdio: "ignore" });
  writeFileSync(mark, "");
  return false;
}

function install(home: string): void {
  const quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-compile"];
  const pinned = ["--require-hashes", "--only-binary=:all:", "-r", requirements];
  const argv = ["-m", "pip", "install", ...quiet, ...pinned];
  const { status } = spawnSync(join(home, "bin/python3"), argv, { stdio: ["ignore", "inherit", "inherit"] });
  if (status === 0) return;
  rmSync(home, { recursive: true, force: true });
  throw new Error(`pip could not install ${requirements}`);
}

function succeeds(file: string, argv: readonly string[]): boolean {
  return spawnSync(file, argv, { stdio: "ignore" }).status === 0 && existsSync(argv.at(-1) ?? "");
}
