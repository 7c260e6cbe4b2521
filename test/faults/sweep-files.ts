/**
 * Every single fault of every system call of a durable write, then random ones: `node --conditions=rotate:src test/faults/sweep-files.ts [RANDOM] [SEED]`.
 * Ends with 1 when one of them loses a credential, tears a file, or lies about the outcome. Linux with strace.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Call,
  calls,
  describeFault,
  type Fault,
  missingTools,
  scenarios,
  sweep,
  tryFault,
  type Verdict,
} from "./file-faults.ts";
import { drawnBy } from "../../packages/cli/src/week/drawn.ts";

const [runs = "60", seedText = String(Date.now() % 1_000_000)] = process.argv.slice(2);
const seed = Number(seedText);
const directory = join(mkdtempSync(join(tmpdir(), "rotate-sweep-")), "target");
const counts = { faults: 0, wrong: 0 };
const says = new Map<string, number>();

function record(fault: Fault, { said, wrong }: Verdict): void {
  counts.faults += 1;
  says.set(said, (says.get(said) ?? 0) + 1);
  if (wrong === undefined) return;
  counts.wrong += 1;
  process.stdout.write(`WRONG ${describeFault(fault)}: ${wrong} (said ${said})\n`);
}

function effectsOf({ errors }: Call): readonly Fault["effect"][] {
  return [...errors.map((error): Fault["effect"] => `error=${error}`), "signal=KILL"];
}

async function exhaust(): Promise<void> {
  for (const scenario of scenarios) {
    for (const call of calls) {
      for (const effect of effectsOf(call)) {
        for await (const [fault, verdict] of sweep(directory, { scenario, call: call.name, effect }))
          record(fault, verdict);
      }
    }
    process.stdout.write(`${scenario.name}: ${counts.faults} faults so far, ${counts.wrong} wrong\n`);
  }
}

/** Disks that stay broken: from the Nth call on, all fail. */
async function sample(): Promise<void> {
  const random = drawnBy(seed);
  const pick = <T>(list: readonly [T, ...T[]] | readonly T[]): T | undefined =>
    list[Math.floor(random() * list.length)];
  for (let run = 0; run < Number(runs); run++) {
    const [scenario, call] = [pick(scenarios), pick(calls)];
    const error = pick(call?.errors ?? []);
    if (scenario === undefined || call === undefined || error === undefined) continue;
    const fault: Fault = {
      scenario,
      call: call.name,
      effect: `error=${error}`,
      when: `${1 + Math.floor(random() * 6)}+`,
    };
    record(fault, await tryFault(directory, fault));
  }
}

const missing = missingTools();
if (missing === false) {
  process.stdout.write(`seed ${seed}\n`);
  await exhaust();
  await sample();
  rmSync(join(directory, ".."), { recursive: true, force: true });
  process.stdout.write(
    `${counts.faults} faults, ${counts.wrong} wrong; answers: ${JSON.stringify(Object.fromEntries(says))}; seed ${seed}\n`,
  );
} else {
  process.stdout.write(`skipped: ${missing}\n`);
}
process.exitCode = counts.wrong === 0 ? 0 : 1;
