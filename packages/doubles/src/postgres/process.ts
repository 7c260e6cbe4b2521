/** The process of a server. */
import { join } from "node:path";
import { freePort, startTethered } from "../servers/tethered.ts";
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
  /** Every line of its log so far. */
  readonly log: readonly string[];
  /** Resolves when the process is gone and its files are removed. */
  readonly stop: () => Promise<void>;
}

const quick = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

/** Starts it again whenever it ends, as a service manager does, until the manager itself is told to end. */
const manager = `
trap 'kill -QUIT "$server"; wait "$server"; exit' TERM
while :; do "$@" & server=$!; wait "$server"; sleep 0.2; done
`;

/** How a server is run beside its settings. */
export interface RunningOptions {
  /** More of the environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Started again when it ends. */
  readonly revives?: boolean;
}

/** Starts the cluster on a free port of 127.0.0.1 and on a socket in `base`. @param settings `name=value` as in postgresql.conf */
export async function startServer(
  files: ServerFiles,
  settings: readonly string[],
  { env = {}, revives = false }: RunningOptions = {},
): Promise<RunningServer> {
  const log: string[] = [];
  const port = await freePort();
  const argv = argvOf(files, port, [...quick, ...settings]);
  const { stop } = await startTethered({
    argv: revives ? ["/bin/sh", "-c", manager, "sh", ...argv] : argv,
    base: files.base,
    signal: revives ? "TERM" : "QUIT",
    env: { ...environment(files.base), ...env },
    user: serverUser(),
    isReady: (line) => /ready to accept (read-only )?connections/.test(line),
    hears: (line) => void log.push(line),
  });
  return { port, stop, log };
}

function argvOf({ bin, base }: ServerFiles, port: number, settings: readonly string[]): readonly string[] {
  const where = ["-D", join(base, "data"), "-p", String(port), "-h", "127.0.0.1", "-k", base];
  return [join(bin, "postgres"), ...where, ...settings.flatMap((setting) => ["-c", setting])];
}

/** Of its programs, whatever ours is. */
export function environment(base: string): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC", HOME: base };
}
