/**
 * The proof campaign over the real engine: every history with up to two faults of every shape, then random ones with up to eight faults of every kind.
 * `npm run proof:histories -- [--faults 2] [--random 100000] [--from 1] [--jobs 2] [--sinks late] [--backend shared] [--keep FILE]`: with a file it goes on where it was stopped, with
 * `--sinks` only the shapes run that have such a sink (`--sinks file+late-blind`: these two, in this order), with `--backend shared` those of several machines over one database;
 * `-- --seed N` plays one random history again and tells its story.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import {
  describeFound,
  everyHistory,
  namedHistories,
  nothing,
  randomHistories,
  settingOf,
  sum,
  type Tally,
} from "../../packages/core/test/histories/campaign.ts";
import { random } from "../../packages/core/test/histories/choices.ts";
import { runHistory } from "../../packages/core/test/histories/history.ts";
import {
  fleetShapes,
  lateShapes,
  poweredShapes,
  shapes,
  troubledShapes,
} from "../../packages/core/test/histories/shapes.ts";
import type { Shape } from "../../packages/core/test/histories/world.ts";
import { deal, serveJobs } from "./deal.ts";

type Job =
  | { readonly kind: "named" }
  | { readonly kind: "every"; readonly shape: Shape; readonly early: number; readonly faults: number }
  | { readonly kind: "random"; readonly from: number; readonly count: number; readonly ofFleet: boolean };

const block = 1_000;

interface Extent {
  readonly faults: number;
  readonly random: number;
  readonly from: number;
  /** Of the shapes: what the kinds of their sinks hold, joined by "+". */
  readonly sinks: string;
  /** On several machines. */
  readonly ofFleet: boolean;
}

function jobsOf({ faults, random: count, from, sinks, ofFleet }: Extent): readonly Job[] {
  const chosen = (all: readonly Shape[]) => all.filter((shape) => shape.sinks.join("+").includes(sinks));
  const every = [26, 41].flatMap((early) => [
    ...chosen(ofFleet ? fleetShapes : [...shapes, ...poweredShapes, ...lateShapes]).map((shape): Job => ({
      kind: "every",
      shape,
      early,
      faults,
    })),
    ...chosen(ofFleet ? [] : troubledShapes).map((shape): Job => ({
      kind: "every",
      shape,
      early,
      faults: Math.min(faults, 1),
    })),
  ]);
  const starts = Array.from({ length: Math.ceil(count / block) }, (_, index) => index * block);
  const rest = starts.map((start): Job => ({
    kind: "random",
    from: from + start,
    count: Math.min(block, count - start),
    ofFleet,
  }));
  return [{ kind: "named" }, ...(faults > 0 ? every : []), ...rest];
}

function work(job: Job): Promise<Tally> {
  if (job.kind === "named") return namedHistories();
  return job.kind === "every" ? everyHistory(job, job) : randomHistories(job);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function row(name: string, { histories, crashed, mixed, mostLive, found }: Tally): string {
  const violations = found.reduce((total, { count }) => total + count, 0);
  return `| ${[name.padEnd(34), histories, violations, crashed, mixed, mostLive].join(" | ")} |`;
}

interface Options extends Extent {
  readonly processes: number;
  readonly keep: string | undefined;
}

async function campaign(options: Options): Promise<void> {
  const jobs = jobsOf(options);
  const tallies = new Map<string, Tally>();
  let finished = 0;
  await deal<Job, Tally>({
    ...options,
    script: import.meta.filename,
    jobs,
    done(job, tally) {
      const name = nameOf(job, options.from);
      tallies.set(name, sum(tallies.get(name) ?? nothing, tally));
      for (const found of tally.found) say(`VIOLATION ${describeFound(found)}`);
      if (++finished % 20 === 0 || finished === jobs.length) say(`${finished} of ${jobs.length} blocks`);
    },
  });
  say(
    "| histories | run | violations | with a crash | consumer read a mixed set | most live leases |\n|---|---|---|---|---|---|",
  );
  for (const [name, tally] of tallies) say(row(name, tally));
  if ([...tallies.values()].some(({ found }) => found.length > 0)) process.exitCode = 1;
}

function nameOf(job: Job, from: number): string {
  if (job.kind === "named") return "named ones";
  if (job.kind === "random") return `random, ≤ 8 faults, seeds from ${from}`;
  const { faults, shape } = job;
  return `every one, ≤ ${faults} ${faults === 1 ? "fault" : "faults"}${troubleIn(shape)}`;
}

function troubleIn({ consumers, rich, sinks }: Shape): string {
  if (consumers > 1) return ", every trouble";
  if (rich.power) return ", power failures";
  return sinks.some((kind) => kind.startsWith("late")) ? ", late writes" : "";
}

async function replay(seed: number, ofFleet: boolean): Promise<void> {
  const choices = random(seed, { share: 0.06 + (seed % 7) / 70, faults: 8 });
  say(JSON.stringify(settingOf(seed, ofFleet)));
  await runHistory({ ...settingOf(seed, ofFleet), choices }).then(
    ({ log }) => say(log.join("\n")),
    (error: Error & { readonly story?: readonly string[] }) => say([...(error.story ?? []), error.message].join("\n")),
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      faults: { type: "string", default: "2" },
      random: { type: "string", default: "100000" },
      from: { type: "string", default: "1" },
      sinks: { type: "string", default: "" },
      jobs: { type: "string", default: String(availableParallelism()) },
      keep: { type: "string" },
      seed: { type: "string" },
      backend: { type: "string", default: "local" },
      worker: { type: "boolean", default: false },
    },
  });
  if (values.worker) return serveJobs(work);
  const ofFleet = values.backend === "shared";
  if (values.seed !== undefined) return replay(Number(values.seed), ofFleet);
  const { faults, random: count, from, jobs, sinks, keep } = values;
  const numbers = { faults: Number(faults), random: Number(count), from: Number(from), processes: Number(jobs) };
  await campaign({ ...numbers, sinks, ofFleet, keep });
}

/** Histories throw much and look at no stack. */
Error.stackTraceLimit = 0;
await main();
