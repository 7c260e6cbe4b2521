import { lstatSync, mkdirSync, statfsSync, type Stats } from "node:fs";
import { isAbsolute, join } from "node:path";
import { homeDirectory } from "@rotate/runtime";
import { EngineError } from "../engine-error.ts";
import { syncMade } from "./sync-directory.ts";

export interface StateDirOptions {
  /** `--state-dir`, absolute. */
  readonly flag: string | undefined;
  /** The spec's `stateDir`, absolute. */
  readonly spec: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number | undefined;
}

/** Where the states of all specs live: `--state-dir`, ROTATE_STATE_DIR, the spec's `stateDir`, systemd's $STATE_DIRECTORY, /var/lib/rotate for root, XDG state. */
export function chooseStateDir({ flag, spec, env, uid }: StateDirOptions): string {
  const systemd = env["STATE_DIRECTORY"]?.split(":")[0];
  const chosen = flag ?? env["ROTATE_STATE_DIR"] ?? spec ?? systemd;
  if (chosen !== undefined && chosen !== "") return chosen;
  if (uid === 0) return "/var/lib/rotate";
  const { XDG_STATE_HOME: named = "" } = env; // a relative one has to be ignored (XDG Base Directory Specification)
  return join(isAbsolute(named) ? named : join(homeDirectory(env), ".local", "state"), "rotate");
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
    const first = mkdirSync(directory, { recursive: true, mode: 0o700 });
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
      `chown it to uid ${uid}, or run rotate as the other user`,
    );
  }
  if ((stats.mode & 0o077) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
    throw unusable(`the state directory ${directory} is open to others (mode ${mode})`, `chmod 0700 ${directory}`);
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
