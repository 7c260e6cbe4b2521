/** Hosts that are not like a developer's, each as the way to start the package there. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { packedCommandLine } from "../support/packed.ts";
import { missing, oldNodes, pathOf } from "../support/tools.ts";

/** What is run: a program, its arguments, and how. */
export interface Start {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly uid?: number;
}

export interface Host {
  readonly name: string;
  /** Why it cannot be had here; undefined when it can. */
  readonly lacking: string | undefined;
  /** Default: the Node of the tests. */
  readonly node?: string;
  /** Starts the words of `rotate` there. */
  readonly start: (argv: readonly [string, ...string[]], place: Place) => Start;
}

/** A spec, and beside it the one directory for all that is written. */
export interface Place {
  readonly app: string;
  readonly state: string;
}

/** Is in no passwd file of a machine that tests run on. */
export const nameless = 54_321;
const path = { PATH: process.env["PATH"] ?? "" };
const notRoot = process.getuid?.() === 0 ? undefined : "needs root";

const here: readonly [Host, ...Host[]] = [
  {
    name: "as a user without name, home, shell and passwd entry",
    lacking: notRoot ?? unlessStarted({ argv: [process.execPath, "--version"], env: {}, uid: nameless }),
    start: (argv) => ({ argv, env: path, uid: nameless }),
  },
  {
    name: "with a read-only root, where that user may write its state alone",
    lacking: notRoot ?? unlessStarted({ argv: ["unshare", "--mount", "true"], env: path }),
    start: (argv, { state }) => ({
      argv: ["unshare", "--mount", "sh", "-euc", readOnly, "sh", state, `${nameless}`, ...argv],
      env: path,
    }),
  },
  { name: "under env -i", lacking: undefined, start: (argv) => ({ argv, env: {} }) },
  {
    name: "with umask 000",
    lacking: undefined,
    start: (argv, { state }) => ({
      argv: ["sh", "-c", 'umask 000; exec "$@"', "sh", ...argv],
      env: { ...path, HOME: state },
    }),
  },
];

/** The first of them again on the oldest Node that is promised. */
export const hosts: readonly [Host, ...Host[]] = [...here, onOldest(here[0])];

function onOldest(host: Host): Host {
  const oldest = oldNodes[0]!;
  const lacking = host.lacking ?? missing(oldest);
  return { ...host, name: `${host.name}, on Node ${oldest.version}`, lacking, node: pathOf(oldest) };
}

/** In a name space of its own: all is made read-only but the state ($1), then a user ($2) runs the rest. */
const readOnly = `
state=$1 user=$2; shift 2
mount --make-rprivate /
mount --bind "$state" "$state"
while read -r _ _ _ _ point _; do
  case $point in "$state" | /proc* | /sys* | /dev/pts) ;; *) mount -o remount,bind,ro "$point" ;; esac
done < /proc/self/mountinfo
exec setpriv --reuid="$user" --regid="$user" --clear-groups "$@"
`;

function unlessStarted(start: Start): string | undefined {
  const { status, stderr, error } = spawned(start, "/");
  return status === 0 ? undefined : `cannot be had here: ${error?.message ?? stderr.trim()}`;
}

function spawned({ argv: [file, ...args], env, uid }: Start, cwd: string) {
  return spawnSync(file, args, { cwd, env, encoding: "utf8", ...(uid !== undefined && { uid, gid: uid }) });
}

/** A folder with a spec that needs nothing but this machine; gone with the test. */
export function layOut(): Place {
  const folder = mkdtempSync(join(tmpdir(), "rotate-host-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  const place = { app: join(folder, "app"), state: join(folder, "state") };
  for (const directory of Object.values(place)) mkdirSync(directory);
  if (notRoot === undefined) chownSync(place.state, nameless, nameless);
  writeFileSync(join(place.app, "rotate.yaml"), specIn(place.state));
  return place;
}

function specIn(state: string): string {
  return `version: 1
name: host
stateDir: ${state}
providers:
  local: { type: jwt, issuer: https://issuer.example, key: { path: ${state}/signing-key.pem } }
rotations:
  app:
    provider: local
    request: { subject: app, ttl: 15m }
    cache: true
    sinks: [{ type: dotenv, path: ${state}/.env, values: { TOKEN: "{{ token }}" } }]
    reload: [{ type: exec, command: ["true"] }]
`;
}

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs `rotate` on a host, to its end. */
export function run({ node = process.execPath, start }: Host, place: Place, words: string): Ended {
  const { entry } = packedCommandLine();
  const { status, stdout, stderr } = spawned(start([node, entry, ...words.split(" ")], place), place.app);
  return { code: status, output: stdout + stderr };
}

/** Begins it there, for words that do not end. */
export function begin({ node = process.execPath, start }: Host, place: Place, words: string): ChildProcess {
  const { argv, env, uid } = start([node, packedCommandLine().entry, ...words.split(" ")], place);
  const [file, ...args] = argv;
  return spawn(file, args, { cwd: place.app, env, stdio: "ignore", ...(uid !== undefined && { uid, gid: uid }) });
}

/** What was written so that somebody else may read or change it. */
export function openTo({ state }: Place): readonly string[] {
  const written = readdirSync(state, { recursive: true, encoding: "utf8" });
  return written.filter(
    (name) => !lstatSync(join(state, name)).isSymbolicLink() && (lstatSync(join(state, name)).mode & 0o077) !== 0,
  );
}
