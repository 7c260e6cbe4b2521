import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { homeDirectory } from "@rotate/runtime";
import { EngineError } from "../engine-error.ts";
import type { Spec } from "../loading/model.ts";
import { chooseStateDir, type StateDirOptions } from "./state-dir.ts";

interface About {
  readonly spec: Pick<Spec, "name" | "file">;
  /** The one that is used. */
  readonly directory: string;
  readonly env: StateDirOptions["env"];
  readonly uid: number | undefined;
}

/**
 * States of the same spec in places that other users, or this one in another environment, would have by default. None is known of a place that this user may not
 * look into.
 */
export function otherStates({ spec, directory, env, uid }: About): readonly string[] {
  const found = basesOf(env, uid).map((base) => join(base, spec.name));
  return [...new Set(found)].filter((other) => !isSame(other, directory) && isStateOf(other, spec));
}

/** Two states of one spec: each would mint, write and reload for itself. */
export function stateElsewhere(directory: string, [other = ""]: readonly string[]): EngineError {
  return new EngineError(`another state of this spec stands in ${other}; this user's is ${directory}`, {
    code: "ROTATE_STATE_ELSEWHERE",
    exitCode: 6,
    hint: `run rotate as the user who owns that one, or say which it is to be: --state-dir ${join(other, "..")}; then remove the other`,
  });
}

function basesOf(env: StateDirOptions["env"], uid: number | undefined): readonly string[] {
  const own = { flag: undefined, spec: undefined, uid };
  const homes = [homeDirectory(env), ...(uid === 0 ? [sudoHome(env)] : [])].filter((home) => home !== undefined);
  const ofUsers = homes.map((home) => chooseStateDir({ ...own, uid: -1, env: { HOME: home } }));
  return [
    "/var/lib/rotate",
    chooseStateDir({ ...own, env: { ...env, STATE_DIRECTORY: "", ROTATE_STATE_DIR: "" } }),
    ...ofUsers,
  ];
}

/** Of whoever called sudo: it is named since sudo 1.9.13, before that the passwd file tells (passwd(5)). */
function sudoHome({ SUDO_HOME, SUDO_UID }: StateDirOptions["env"]): string | undefined {
  if (SUDO_HOME !== undefined || SUDO_UID === undefined) return SUDO_HOME;
  try {
    const lines = readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .map((line) => line.split(":"));
    return lines.find(([, , id]) => id === SUDO_UID)?.[5];
  } catch {
    return undefined; // no such file: nobody is known
  }
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return one === other || (a !== undefined && a.dev === b?.dev && a.ino === b.ino);
}

/** A default name is that of one file. One that people gave counts only when the state says that it is this file's. */
function isStateOf(directory: string, { name, file }: About["spec"]): boolean {
  const path = join(directory, "state.db");
  if (!existsSync(path)) return false;
  const owner = ownerOf(path);
  return owner === undefined ? /-[0-9a-f]{8}$/.test(name) : owner === file;
}

/** The spec that a state belongs to; undefined when it cannot be read. */
function ownerOf(path: string): string | undefined {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  try {
    using database = new DatabaseSync(path, { readOnly: true });
    return String(database.prepare("select value from meta where key = 'spec'").get()?.["value"]);
  } catch {
    return undefined;
  }
}
