/** The server's process: made, started, and never left behind. */
import { execFile, spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { promisify } from "node:util";
import { listen } from "../listen.ts";
import { serverUser } from "./binaries.ts";

/** What one server is made of. */
export interface ServerFiles {
  /** The folder of the programs. */
  readonly bin: string;
  /** A private folder of the server's user: data, socket and temporary files. Removed when the server ends. */
  readonly base: string;
}

/** A server that answers. */
export interface RunningServer {
  readonly port: number;
  /** Resolves when the process is gone and its files are removed. */
  readonly stop: () => Promise<void>;
}

/**
 * Runs the server and waits. Its standard input is the lifeline: when we close it, or die in whatever way, the server
 * gets SIGQUIT (immediate shutdown) and its files are removed.
 */
const supervisor = `
base=$1; shift
exec 3<&0
"$@" </dev/null 3<&- & server=$!
( cat <&3 >/dev/null 2>&1; kill -QUIT "$server" ) 2>/dev/null &
exec 3<&-
wait "$server"
rm -rf -- "$base"
`;

const execFileAsync = promisify(execFile);
const quick = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

/** Makes an empty cluster whose superuser is `postgres`. Throws with what `initdb` said. */
export async function createCluster({ bin, base }: ServerFiles): Promise<void> {
  const where = ["-D", join(base, "data"), "-U", "postgres", "--pwfile", join(base, "password")];
  const auth = ["--auth-host=scram-sha-256", "--auth-local=trust"];
  const options = { ...serverUser(), env: environment(base), cwd: base };
  await execFileAsync(join(bin, "initdb"), [...where, ...auth, "--no-sync", "--locale=C", "-E", "UTF8"], options);
}

/** Starts the cluster on a free port of 127.0.0.1 and on a socket in `base`. @param settings `name=value` as in postgresql.conf */
export async function startServer(files: ServerFiles, settings: readonly string[]): Promise<RunningServer> {
  const port = await freePort();
  const child = spawnServer(files, port, [...quick, ...settings]);
  const ended = once(child, "exit");
  try {
    await ready(child.stderr);
  } catch (error) {
    await stop(child, ended);
    throw error;
  }
  return { port, stop: () => stop(child, ended) };
}

type Child = ChildProcessByStdio<Writable, null, Readable>;

function spawnServer({ bin, base }: ServerFiles, port: number, settings: readonly string[]): Child {
  const where = ["-D", join(base, "data"), "-p", String(port), "-h", "127.0.0.1", "-k", base];
  const argv = [join(bin, "postgres"), ...where, ...settings.flatMap((setting) => ["-c", setting])];
  return spawn("/bin/sh", ["-c", supervisor, "sh", base, ...argv], {
    ...serverUser(),
    cwd: base,
    env: environment(base),
    stdio: ["pipe", "ignore", "pipe"],
    // In a session of its own: Ctrl-C in a terminal reaches us alone, and we end the server when its users are done.
    detached: true,
  });
}

async function ready(stderr: Readable): Promise<void> {
  const said: string[] = [];
  for await (const line of createInterface(stderr)) {
    said.push(line);
    if (line.includes("ready to accept connections")) return void stderr.resume();
  }
  throw new Error(`PostgreSQL did not start: ${said.slice(-5).join("; ")}`);
}

async function stop(child: Child, ended: Promise<unknown>): Promise<void> {
  child.stdin.destroy();
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await once(server.close(), "close");
  return port;
}

function environment(base: string): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC", HOME: base };
}
