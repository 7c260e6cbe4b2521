import { lstatSync, statfsSync, type Stats } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { commandLine } from "@rotate/plugin-kit";
import { homeDirectory } from "@rotate/runtime";
import { EngineError } from "../engine-error.ts";
import type { OwnPlace } from "../loading/roots/world.ts";
import { makePath } from "./folders.ts";
import { syncMade } from "./sync-directory.ts";

/** Who may have said where the states live, and for which user. Undefined: did not. */
export interface StateDirOptions {
  /** `--state-dir`, absolute. */
  readonly flag: string | undefined;
  /** The spec's `stateDir`, absolute. */
  readonly spec: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number | undefined;
}

/** Where the states of all specs live: `--state-dir`, ROTATE_STATE_DIR, the spec's `stateDir`, systemd's $STATE_DIRECTORY, /var/lib/rotate for root, XDG state. */
export function chooseStateDir(options: StateDirOptions): string {
  const { env, uid } = options;
  const told = toldStateDir(options);
  if (told !== undefined) return told;
  if (uid === 0) return "/var/lib/rotate";
  const { XDG_STATE_HOME: named = "" } = env; // a relative one has to be ignored (XDG Base Directory Specification)
  return join(isAbsolute(named) ? named : join(homeDirectory(env), ".local", "state"), "rotate");
}

/** Where somebody said that it is to be; undefined when nobody did. */
export function toldStateDir({ flag, spec, env }: StateDirOptions): string | undefined {
  const systemd = env["STATE_DIRECTORY"]?.split(":")[0];
  return (flag ?? env["ROTATE_STATE_DIR"] ?? spec ?? systemd) || undefined;
}

/** Where a spec's state is or will be, in words for who must not write there: looks at nothing. @param flag `--state-dir`, absolute */
export function statePlaces(
  { name, stateDir }: { readonly name: string; readonly stateDir: string | undefined },
  { flag, env }: Pick<StateDirOptions, "flag" | "env">,
): readonly OwnPlace[] {
  const base = chooseStateDir({ flag, spec: stateDir, env, uid: process.getuid?.() });
  return [{ path: resolve(base, name), what: "where rotate keeps its state" }];
}

/** The directory of one spec's state, made 0700 when absent. Throws EngineError `ROTATE_STATE_UNUSABLE` when it is not safe to use. */
export function openStateDir(
  base: string,
  { name, uid }: { readonly name: string; readonly uid: number | undefined },
): string {
  const directory = join(base, name);
  make(directory);
  const stats = lstatSync(directory);
  refuseUnsafe(directory, stats, uid);
  refuseNetwork(directory);
  return directory;
}

function make(directory: string): void {
  try {
    const first = makePath(directory);
    if (first !== undefined) syncMade(first, directory);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw unusable(
      `cannot make the state directory ${directory} (${code})`,
      "give --state-dir a directory that the user running rotate may write to",
      cause,
    );
  }
}

function refuseUnsafe(directory: string, stats: Stats, uid: number | undefined): void {
  if (!stats.isDirectory())
    throw unusable(
      `the state directory ${directory} is not a directory`,
      "remove the link or file that stands there, or use another --state-dir",
    );
  if (uid !== undefined && stats.uid !== uid) {
    throw unusable(
      `the state directory ${directory} belongs to uid ${stats.uid}, rotate runs as uid ${uid}`,
      `run rotate as that user${uid === 0 ? ` (sudo -u '#${stats.uid}' rotate …)` : ""}, or give it a directory of its own with --state-dir`,
    );
  }
  if ((stats.mode & 0o077) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
    throw unusable(
      `the state directory ${directory} is open to others (mode ${mode})`,
      `\`${commandLine("chmod", "0700", directory)}\``,
    );
  }
}

/** Magic numbers of statfs(2): on these, locks and fsync do not hold what we promise. */
const networkFileSystems: Readonly<Record<number, string>> = {
  0x6969: "NFS",
  0xff534d42: "CIFS",
  0xfe534d42: "SMB2",
  0x517b: "SMB",
  0x01021997: "9P",
  0x5346414f: "AFS",
  0x73757245: "Coda",
  0x00c36400: "Ceph",
};

function refuseNetwork(directory: string): void {
  const name = networkFileSystems[statfsSync(directory).type >>> 0];
  if (name === undefined) return;
  throw unusable(
    `the state directory ${directory} is on a network file system (${name})`,
    "use --state-dir with a directory on a local disk: locks must be freed by this machine's kernel",
  );
}

function unusable(message: string, hint: string, cause?: unknown): EngineError {
  return new EngineError(message, { code: "ROTATE_STATE_UNUSABLE", exitCode: 6, hint, cause });
}
