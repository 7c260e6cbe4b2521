/** The directory of one application, and its processes. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Identity, World } from "./world.ts";

const execFileAsync = promisify(execFile);
const programs = join(import.meta.dirname, "..", "app");

/** A program and its arguments. */
export type Command = readonly [string, ...string[]];

export interface Application {
  readonly directory: string;
  readonly identity: Identity;
  /** Starts it anew without dropping a query. To be run in its directory. */
  readonly restart: Command;
  /** Succeeds when it is healthy. To be run in its directory. */
  readonly health: Command;
  /** Has a process got the traffic yet? */
  readonly running: () => boolean;
  /** Where the traffic goes now. */
  readonly port: () => Promise<number>;
  /** Takes a process along when the application is stopped. */
  readonly own: (child: ChildProcess) => void;
  /** Kills all its processes. So does our own end, whatever ends us. */
  readonly stop: () => Promise<void>;
}

/** Lays out an application that is not started yet: all of its settings, no password. */
export async function layOut(directory: string, identity: Identity, world: World): Promise<Application> {
  const run = join(directory, "run");
  const current = join(run, "current");
  await mkdir(run, { recursive: true });
  await writeFile(join(directory, "ca.pem"), world.gateway.ca);
  await writeFile(join(directory, ".env"), settings(identity, world), { mode: 0o600 });
  const undertaker = spawn("bash", ["-c", bury], { cwd: run, stdio: ["pipe", "ignore", "ignore"], detached: true });
  const buried = once(undertaker, "exit");

  return {
    directory,
    identity,
    restart: ["bash", join(programs, "restart.sh"), process.execPath, join(programs, "app.ts")],
    health: ["bash", join(programs, "health.sh")],
    running: () => existsSync(current),
    port: async () => Number((await readFile(current, "utf8")).split(" ")[1]),
    own: ({ pid }) => writeFileSync(join(run, `${pid}.owned`), ""),
    async stop() {
      undertaker.stdin.end();
      await buried;
    },
  };
}

/** Runs one of an application's commands, as an administrator would. */
export async function runFor({ directory }: Application, [file, ...args]: Command): Promise<void> {
  await execFileAsync(file, args, { cwd: directory });
}

/** Waits for our end and kills the processes that files in `run` are named after, the owned ones first: they may be starting others. */
const bury = `
cat
shopt -s nullglob
for file in *.owned *.port; do kill -KILL "\${file%.*}"; done
`;

function settings({ name, user }: Identity, { gateway }: World): string {
  return [
    "# where the database is",
    `PGHOST=${gateway.host}`,
    `PGPORT=${gateway.port}`,
    "PGDATABASE=postgres",
    "PGSSLROOTCERT=ca.pem",
    `PGAPPNAME=${name}`,
    `PGUSER=${user}`,
    "PGPASSWORD=",
    "",
  ].join("\n");
}
