/** Processes of servers that are never left behind. */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { listen } from "../listen.ts";

/** A server that is to be started. */
export interface TetheredOptions {
  readonly argv: readonly string[];
  /** A private folder of the server: its working directory, removed when the server ends. */
  readonly base: string;
  /** What ends it: `QUIT`, `TERM`, … */
  readonly signal: string;
  readonly env: NodeJS.ProcessEnv;
  readonly user?: { readonly uid?: number; readonly gid?: number };
  /** True of the first line of its output that says it is ready. */
  readonly isReady: (line: string) => boolean;
  /** Gets every line of its output. */
  readonly hears?: (line: string) => void;
}

/** A server that is ready. */
export interface Tethered {
  /** The line that said so. */
  readonly line: string;
  /** Of the server itself. */
  readonly pid: number;
  /** Resolves when the process is gone and its files are removed. */
  readonly stop: () => Promise<void>;
}

/**
 * Runs the server and waits. Its standard input is the lifeline: when we close it, or die in whatever way, the server
 * gets its signal (and a second later the one that nobody survives), and its files are removed.
 */
const supervisor = `
base=$1; signal=$2; shift 2
exec 3<&0
"$@" </dev/null 3<&- 2>&1 & server=$!
echo "$server"
( cat <&3 >/dev/null 2>&1
  kill -"$signal" "$server"; kill -CONT "$server"
  for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$server" || exit; sleep 0.5; done
  kill -KILL "$server" ) >/dev/null 2>&1 &
exec 3<&- >/dev/null
wait "$server"
rm -rf -- "$base"
`;

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** Starts a server and waits until it says that it is ready. Throws with its last words when it ends before. */
export async function startTethered(options: TetheredOptions): Promise<Tethered> {
  const { argv, base, signal, env, user = {} } = options;
  const child = spawn("/bin/sh", ["-c", supervisor, "sh", base, signal, ...argv], {
    ...user,
    cwd: base,
    env,
    stdio: ["pipe", "pipe", "ignore"],
    // In a session of its own: Ctrl-C in a terminal reaches us alone, and we end the server when its users are done.
    detached: true,
  });
  const ended = once(child, "exit");
  try {
    return { ...(await ready(child, options)), stop: () => stop(child, ended) };
  } catch (error) {
    await stop(child, ended);
    throw error;
  }
}

/** A port of 127.0.0.1 that nobody has now, for servers that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await once(server.close(), "close");
  return port;
}

async function ready({ stdout }: Child, { isReady, hears }: TetheredOptions): Promise<Pick<Tethered, "line" | "pid">> {
  const said: string[] = [];
  const lines = createInterface(stdout);
  return new Promise((resolve, reject) => {
    lines.on("line", (line) => {
      hears?.(line);
      said.push(line);
      if (isReady(line)) resolve({ line, pid: Number(said[0]) });
      if (said.length > 100) said.splice(1, 50);
    });
    lines.once("close", () => reject(new Error(said.slice(-8).join("; "))));
  });
}

async function stop(child: Child, ended: Promise<unknown>): Promise<void> {
  child.stdin.destroy();
  await ended;
}
