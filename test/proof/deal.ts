/** Deals the jobs of a campaign out to processes, and keeps what they came to in a file, so that one that was stopped goes on where it was. */
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, existsSync, globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export interface Campaign<Job, Tally> {
  /** Answers jobs when it is started with `--worker`: see `serveJobs`. */
  readonly script: string;
  /** Plain JSON. */
  readonly jobs: readonly Job[];
  /** How many processes at once. */
  readonly processes: number;
  /** A file of lines; undefined: nothing is kept. */
  readonly keep: string | undefined;
  /** Called once for each job, those that an earlier run has kept first. */
  readonly done: (job: Job, tally: Tally) => void;
  /** Asked before each job. */
  readonly enough?: () => boolean;
}

interface Kept {
  /** Which sources played it. */
  readonly sources: string;
  readonly job: unknown;
  readonly tally: unknown;
}

/** Plays all jobs. What other sources have played counts for nothing. */
export async function deal<Job, Tally>(campaign: Campaign<Job, Tally>): Promise<void> {
  const { jobs, keep, done } = campaign;
  const sources = sourcesHash();
  const known = new Map(keptIn(keep).flatMap((one) => (one.sources === sources ? [[textOf(one.job), one]] : [])));
  for (const job of jobs) {
    const before = known.get(textOf(job));
    if (before) done(job, before.tally as Tally);
  }
  await play({ ...campaign, jobs: jobs.filter((job) => !known.has(textOf(job))) }, (job, tally) => {
    if (keep !== undefined) appendFileSync(keep, `${JSON.stringify({ sources, job, tally } satisfies Kept)}\n`);
    done(job, tally);
  });
}

async function play<Job, Tally>(
  { script, jobs, processes, enough = () => false }: Campaign<Job, Tally>,
  done: (job: Job, tally: Tally) => void,
): Promise<void> {
  const left = [...jobs];
  async function serve(): Promise<void> {
    // Weeks and histories leave much behind that dies young.
    const worker = fork(script, ["--worker"], { execArgv: [...process.execArgv, "--max-semi-space-size=64"] });
    for (let job = left.shift(); job !== undefined && !enough(); job = left.shift()) {
      worker.send(job as object);
      const [answer] = (await once(worker, "message")) as [Tally | { readonly failed: string }];
      if (isFailed(answer)) throw new Error(answer.failed);
      done(job, answer);
    }
    worker.disconnect();
  }
  await Promise.all(Array.from({ length: Math.min(processes, jobs.length) }, serve));
}

function isFailed(answer: unknown): answer is { readonly failed: string } {
  return (answer as object | null) !== null && typeof answer === "object" && "failed" in answer!;
}

/** The other end: answers each job with its tally. */
export function serveJobs(work: (job: never) => Promise<object>): void {
  process.on("message", (job) => {
    work(job as never).then(
      (tally) => process.send!(tally),
      (error: Error) => process.send!({ failed: error.stack ?? error.message }),
    );
  });
}

function textOf(job: unknown): string {
  return JSON.stringify(job);
}

function keptIn(file: string | undefined): readonly Kept[] {
  if (file === undefined || !existsSync(file)) return [];
  // The last line may be half of one.
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Kept);
}

const root = resolve(import.meta.dirname, "../..");

function sourcesHash(): string {
  const hash = createHash("sha256");
  const files = globSync(["packages/{core,runtime,plugin-kit}/src/**/*.ts", "packages/core/test/**/*.ts"], {
    cwd: root,
  });
  for (const file of files.toSorted()) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest("hex").slice(0, 16);
}
