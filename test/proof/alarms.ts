/**
 * The combined week of alarms: an outage of three lives, eight hours of sleep, clocks that step, a spec that is saved every second, daemons that are killed.
 * `npm run proof:alarms -- [--weeks 40] [--days 4] [--seed 1] [--jobs 2] [--keep FILE]` plays on a virtual clock one week of 1,000 rotations (`--large 0`: none), whole weeks of a dozen (`--days`),
 * and short ones of six, whose lives of an hour pass in a day.
 * `-- --processes [--rotations 1000] [--life 120] [--kills 200]` does it to a real `rotate watch` of the package, with tokens that live so many seconds.
 * Ends with 1 when an alarm is missing, false or told twice, or two views differ.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { describeTally, nothing, playAll, sum, type Tally } from "../../packages/core/test/weeks/campaign.ts";
import { combined, type CombinedOptions } from "../../packages/core/test/weeks/combined.ts";
import { hour, minute, second } from "../../packages/core/test/weeks/scenario.ts";
import { runProcesses, type ProcessesOptions } from "./alarms/processes.ts";
import { deal, serveJobs } from "./deal.ts";

const small = { rotations: 6, life: hour, kills: 40, saves: 300 };
/** Fourteen lives are seven days. Who waits half an hour between two tries asks an issuer that is away for a day and a half a hundred times, not five hundred. */
const week = { life: 12 * hour, kills: 200, saves: 1_200, retryMax: 30 * minute };

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function playProcesses(options: Omit<ProcessesOptions, "onSay">): Promise<void> {
  const onSay = (line: string): void => say(`${new Date().toISOString()} ${line}`);
  const figures = await runProcesses({ ...options, onSay });
  const { messages, toldAgain, toldTwice, missing, untrue, samples, compared, differing, kills, saves, mints } =
    figures;
  const most = 10;
  say(
    `${kills} kills, ${saves} saves, ${mints} mints, ${messages} messages, ${toldAgain} of them once more after a kill; ${compared} comparisons at ${samples} instants${figures.clockSet ? "" : "; the clock was not set, libfaketime is missing"}`,
  );
  say(`told twice ${toldTwice}, missing ${missing.length}, false ${untrue.length}, differing ${differing.length}`);
  for (const line of [...missing, ...untrue, ...differing].slice(0, most)) say(`  ${line}`);
  if (toldTwice + missing.length + untrue.length + differing.length > 0) process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      weeks: { type: "string", default: "40" },
      days: { type: "string", default: "4" },
      large: { type: "string", default: "1000" },
      seed: { type: "string", default: "1" },
      jobs: { type: "string", default: String(availableParallelism()) },
      keep: { type: "string" },
      processes: { type: "boolean", default: false },
      rotations: { type: "string", default: "1000" },
      life: { type: "string", default: "120" },
      kills: { type: "string", default: "200" },
      worker: { type: "boolean", default: false },
    },
  });
  if (values.worker) return serveJobs((job: CombinedOptions) => playAll([combined(job)]));
  const [seed, rotations] = [Number(values.seed), Number(values.large)];
  if (values.processes)
    return playProcesses({
      rotations: Number(values.rotations),
      life: Number(values.life) * second,
      kills: Number(values.kills),
      seed,
    });
  const jobs: readonly CombinedOptions[] = [
    ...(rotations > 0 ? [{ ...week, seed, rotations }] : []),
    ...Array.from({ length: Number(values.days) }, (_, index) => ({ ...week, rotations: 12, seed: seed + index })),
    ...Array.from({ length: Number(values.weeks) }, (_, index) => ({ ...small, seed: seed + index })),
  ];
  say(`seed ${seed}: ${jobs.length} weeks`);
  let tally: Tally = nothing;
  await deal<CombinedOptions, Tally>({
    script: import.meta.filename,
    jobs,
    processes: Number(values.jobs),
    keep: values.keep,
    done(job, came) {
      tally = sum(tally, came);
      if (job.rotations > small.rotations) say(`${job.rotations} rotations: ${describeTally(came)}`);
    },
  });
  say(describeTally(tally));
  if (tally.found.length > 0) process.exitCode = 1;
}

Error.stackTraceLimit = 4;
await main();
