/**
 * The proof of time over the real engine, on a virtual clock: every shape of lease with every trouble and every way to start, then weeks drawn by seed.
 * `npm run proof:weeks -- [--only named|grid|random|siblings] [--random 100000] [--from 1] [--jobs 2] [--keep FILE] [--bail]`: with a file it goes on where it was stopped, with
 * `--bail` it stops at the first broken promise.
 * `-- --seed N` plays one week of the random ones and tells what it found,
 * `-- --grid TEXT` those of the grid whose names hold the text; with `--story` all that happens in it.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { describeTally, nothing, playAll, sum, type Tally } from "../../packages/core/test/weeks/campaign.ts";
import type { Scenario } from "../../packages/core/test/weeks/scenario.ts";
import { named } from "../../packages/core/test/weeks/named.ts";
import { past } from "../../packages/core/test/weeks/past.ts";
import { families, grid, randomScenario } from "../../packages/core/test/weeks/scenarios.ts";
import { playWeek } from "../../packages/core/test/weeks/week.ts";
import { deal, serveJobs } from "./deal.ts";

interface Job {
  readonly kind: "named" | "grid" | "random" | "siblings";
  readonly from: number;
  readonly count: number;
}

const block = 40;
/** Those with a story. */
const told = [...named, ...past];

function weeksOf({ kind, from, count }: Job): readonly Scenario[] {
  if (kind === "random") return Array.from({ length: count }, (_, index) => randomScenario(from + index));
  if (kind === "grid") return everyNth(from, [...grid()]);
  return (kind === "named" ? told : families).slice(from, from + count);
}

/** Each block has something of every shape: one that is stopped has not left some out. */
function everyNth(from: number, all: readonly Scenario[]): readonly Scenario[] {
  const blocks = Math.ceil(all.length / block);
  return all.filter((_, index) => index % blocks === from / block);
}

function jobsOf(only: string | undefined, random: { readonly from: number; readonly count: number }): readonly Job[] {
  const blocks = (kind: Job["kind"], from: number, count: number, size = block): readonly Job[] =>
    Array.from({ length: Math.ceil(count / size) }, (_, index) => ({
      kind,
      from: from + index * size,
      count: Math.min(size, count - index * size),
    }));
  const jobs = [
    ...blocks("named", 0, told.length, 4),
    ...families.map((_, index): Job => ({ kind: "siblings", from: index, count: 1 })),
    ...blocks("grid", 0, [...grid()].length),
    ...blocks("random", random.from, random.count),
  ];
  return jobs.filter(({ kind }) => only === undefined || only === kind);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

interface Options {
  readonly jobs: readonly Job[];
  readonly processes: number;
  readonly keep: string | undefined;
  readonly bail: boolean;
}

async function campaign(options: Options): Promise<void> {
  const tallies = new Map<string, Tally>();
  let finished = 0;
  const began = performance.now();
  const seconds = (): number => Math.round((performance.now() - began) / 1000);
  const { jobs } = options;
  await deal<Job, Tally>({
    ...options,
    script: import.meta.filename,
    enough: () => options.bail && [...tallies.values()].some(({ found }) => found.length > 0),
    done({ kind }, tally) {
      tallies.set(kind, sum(tallies.get(kind) ?? nothing, tally));
      for (const { kind: broken, examples } of tally.found) for (const one of examples) say(`FOUND ${broken}: ${one}`);
      if (++finished % 50 === 0) say(`${finished} of ${jobs.length} blocks, ${seconds()} s`);
    },
  });
  for (const [kind, tally] of tallies) say(`${kind}: ${describeTally(tally)}`);
  say(`${seconds()} s`);
  if ([...tallies.values()].some(({ found }) => found.length > 0)) process.exitCode = 1;
}

async function tell(scenarios: readonly Scenario[], story: string[] | undefined): Promise<void> {
  for (const scenario of scenarios) {
    const began = process.cpuUsage().user;
    const { result, violations } = await playWeek(scenario, story);
    const { firsts, ...figures } = result;
    const ms = Math.round((process.cpuUsage().user - began) / 1000);
    say(`seed ${scenario.seed} ${scenario.name}: ${violations.join(", ") || "no violation"} (${ms} ms)`);
    for (const line of story?.splice(0) ?? []) say(`    ${line}`);
    say(`  ${JSON.stringify(figures)}`);
    for (const [kind, first] of Object.entries(firsts)) say(`  ${kind}: ${first}`);
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      random: { type: "string", default: "100000" },
      from: { type: "string", default: "1" },
      jobs: { type: "string", default: String(availableParallelism()) },
      keep: { type: "string" },
      bail: { type: "boolean", default: false },
      seed: { type: "string" },
      grid: { type: "string" },
      story: { type: "boolean", default: false },
      worker: { type: "boolean", default: false },
    },
  });
  if (values.worker) return serveJobs((job: Job) => playAll(weeksOf(job)));
  if (values.seed !== undefined) return tell([randomScenario(Number(values.seed))], values.story ? [] : undefined);
  const { grid: part } = values;
  if (part !== undefined)
    return tell(
      [...grid(), ...told, ...families].filter(({ name }) => name.includes(part)),
      values.story ? [] : undefined,
    );
  const random = { from: Number(values.from), count: Number(values.random) };
  await campaign({
    jobs: jobsOf(values.only, random),
    processes: Number(values.jobs),
    keep: values.keep,
    bail: values.bail,
  });
}

/** Plugins throw much here, and nobody looks at where. */
Error.stackTraceLimit = 4;
await main();
