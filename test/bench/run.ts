/** `npm run bench`: how long the built command line takes, as ratios to what it replaces. Nothing is asserted: a figure belongs to the machine it was taken on. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packedCommandLine } from "../support/packed.ts";
import { compareCommands } from "./commands.ts";
import type { Timing } from "./measure.ts";
import { measurePlugins, type PluginCost } from "./plugins.ts";
import { compareSidecar } from "./sidecar.ts";
import { compareSpecs } from "./specs.ts";
import { compareWrites } from "./writes.ts";

function print(title: string, timings: readonly Timing[]): void {
  process.stdout.write(`\n${title}\n`);
  for (const { name, median, ratio } of timings) {
    process.stdout.write(`  ${ratio.toFixed(2).padStart(6)} ×  ${median.toFixed(1).padStart(8)} ms  ${name}\n`);
  }
}

function folderIn(base: string, name: string): string {
  const folder = join(base, name);
  mkdirSync(folder);
  return folder;
}

function printPlugins(costs: readonly PluginCost[]): void {
  process.stdout.write(
    "\nwhat a built-in plugin adds to a process that has the engine, when a spec names one of its types\n",
  );
  for (const { name, time, memory } of costs)
    process.stdout.write(`  ${time.toFixed(1).padStart(6)} ms  ${memory.toFixed(1).padStart(6)} MB  ${name}\n`);
}

const { values } = parseArgs({ options: { rounds: { type: "string", default: "21" } } });
const rounds = Number(values.rounds);
const base = mkdtempSync(join(tmpdir(), "rotate-bench-"));
try {
  const program = packedCommandLine().entry;
  process.stdout.write(`Node ${process.versions.node}, ${availableParallelism()} cores, medians of ${rounds}\n`);
  const { full, idle, many, size } = await compareCommands(folderIn(base, "commands"), program, rounds);
  print("a full rotation: mint over loopback, write, reload", full);
  print("start-up", idle);
  process.stdout.write(`\nthe executable: ${Math.round(size / 1e6)} MB\n`);
  print("a hundred rotations", many);
  print("1,000 durable files of 1.2 kB", await compareWrites(folderIn(base, "writes"), Math.ceil(rounds / 4)));
  print("a spec of 10,000 rotations", await compareSpecs(folderIn(base, "specs"), Math.ceil(rounds / 7)));
  const sidecar = await compareSidecar(folderIn(base, "sidecar"), Math.ceil(rounds / 7));
  if (typeof sidecar === "string") process.stdout.write(`\nthe PostgreSQL sidecar was not measured: ${sidecar}\n`);
  else {
    for (const { title, timings } of sidecar.comparisons) print(title, timings);
    process.stdout.write(
      `  ${sidecar.growth.toFixed(1).padStart(6)} MB more memory while an application does not read 1 GB\n`,
    );
  }
  printPlugins(await measurePlugins(folderIn(base, "plugins"), Math.ceil(rounds / 3)));
} finally {
  rmSync(base, { recursive: true, force: true });
}
