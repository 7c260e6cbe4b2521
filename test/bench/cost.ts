import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { medianOf } from "./measure.ts";

/** What a command costs, children included. Milliseconds. */
export interface Cost {
  readonly cpu: number;
  readonly wall: number;
}

/** A command and where it runs. */
export interface Job {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** bash tells user and system time of its children. */
const timed = 'TIMEFORMAT="%3U %3S %3R"; time "$@" >/dev/null 2>&1';

/** Runs it once. Throws when it fails. */
export function costOf({ argv, cwd, env }: Job): Cost {
  const { status, stderr } = spawnSync("bash", ["-c", timed, "_", ...argv], {
    cwd,
    env: { ...env, LC_ALL: "C" },
    encoding: "utf8",
  });
  const [user, system, real] = (stderr.trim().split("\n").at(-1) ?? "").split(" ").map(Number);
  if (status !== 0 || user === undefined || system === undefined || real === undefined || Number.isNaN(real))
    throw new Error(`${argv.join(" ")} ended with ${status}: ${stderr}`);
  return { cpu: (user + system) * 1_000, wall: real * 1_000 };
}

/** In turn, round after round; medians, the first round not counted. */
export function costsOf(jobs: readonly Job[], rounds: number): readonly Cost[] {
  const taken = jobs.map(() => [] as Cost[]);
  for (let round = 0; round <= rounds; round++)
    for (const [at, job] of jobs.entries()) {
      const cost = costOf(job);
      if (round > 0) taken[at]!.push(cost);
    }
  return taken.map((costs) => ({
    cpu: medianOf(costs.map(({ cpu }) => cpu)),
    wall: medianOf(costs.map(({ wall }) => wall)),
  }));
}

/** What stands behind the name of a process in proc_pid_stat(5): its parent is the second, its ticks of user and system time the twelfth and thirteenth. Throws when it is gone. Linux only. */
export function statOf(pid: number | string): readonly string[] {
  return readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
}
