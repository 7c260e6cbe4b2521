/**
 * `npm run bench -- [--only NAME,…] [--rounds 21] [--long] [--write]`: what the packed command line costs, as ratios inside one run, with the goal and what the machine could
 * do beside each. A figure belongs to the machine it was taken on: nothing is asserted, but what got worse than docs/performance.md says is told. `--write` writes its table.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packedCommandLine } from "../support/packed.ts";
import { root } from "../support/workspace.ts";
import { compareCommands } from "./commands.ts";
import { measureHostedMints } from "./hosted-mints.ts";
import { measurePlugins } from "./plugins.ts";
import { measureRivals } from "./rivals.ts";
import { measureDaemon } from "./daemon.ts";
import { measureDurable, measureScale, measureStart } from "./scale.ts";
import { tableOf, withTable, worseThan, writtenTable, type Bench, type Row, type Section } from "./section.ts";
import { measureShared } from "./shared.ts";
import { compareSidecar } from "./sidecar.ts";
import { compareSpecs } from "./specs.ts";
import { compareWrites } from "./writes.ts";

const sections: readonly Section[] = [
  { name: "start", title: "one command", measure: measureStart },
  { name: "script", title: "against the script that it replaces", measure: againstScript },
  { name: "scale", title: "many rotations", measure: measureScale },
  { name: "durable", title: "what the disk allows", measure: measureDurable },
  { name: "rivals", title: "what people would use instead", measure: measureRivals },
  { name: "daemon", title: "a daemon", measure: measureDaemon },
  { name: "shared", title: "several machines", measure: measureShared },
  { name: "files", title: "1,000 durable files of 1.2 kB", measure: ofFiles },
  { name: "specs", title: "a spec of 10,000 rotations", measure: ofSpecs },
  { name: "sidecar", title: "the PostgreSQL sidecar", measure: ofSidecar },
  { name: "plugins", title: "a built-in plugin", measure: ofPlugins },
  { name: "hosted", title: "a package in a process of its own", measure: ofHosted },
];

async function againstScript({ base, program, rounds }: Bench): Promise<readonly Row[]> {
  const { full, many } = await compareCommands(base, program, rounds);
  return [
    {
      measured: "a full rotation: mint over loopback, write, reload",
      against: "bash + curl + jq, time",
      figure: full[1]!.ratio,
      goal: { most: 2 },
      floor: "1.4",
    },
    {
      measured: "100 rotations that share a reload",
      against: "times faster than the script, 100 times",
      figure: 1 / many[1]!.ratio,
      goal: { least: 25 },
    },
  ];
}

async function ofFiles({ base, rounds }: Bench): Promise<readonly Row[]> {
  const [, staged] = await compareWrites(base, Math.ceil(rounds / 4));
  const against = "open, write, fsync, rename, fsync";
  return [{ measured: "1,000 files, checked and staged", against, figure: staged!.ratio, floor: "1" }];
}

async function ofSpecs({ base, rounds }: Bench): Promise<readonly Row[]> {
  const [, parser, json, yaml, kept] = await compareSpecs(base, Math.ceil(rounds / 7));
  const against = "`JSON.parse` of its data";
  return [
    { measured: "a JSON spec of 10,000, compiled anew", against, figure: json!.ratio, goal: { most: 15 }, floor: "1" },
    { measured: "the same in YAML", against, figure: yaml!.ratio },
    {
      measured: "the same in YAML",
      against: "the YAML parser alone",
      figure: yaml!.ratio / parser!.ratio,
      goal: { most: 1.2 },
      floor: "1",
    },
    { measured: "the same, compiled before", against, figure: kept!.ratio, goal: { most: 2 }, floor: "1" },
  ];
}

async function ofSidecar({ base, rounds }: Bench): Promise<readonly Row[] | string> {
  const sidecar = await compareSidecar(base, Math.ceil(rounds / 7));
  if (typeof sidecar === "string") return sidecar;
  const rows = sidecar.comparisons.flatMap(({ title, timings: [, ...others] }) =>
    others.map(({ name, ratio }): Row => ({
      measured: `${title}, ${name}`,
      against: "direct over TLS, time",
      figure: ratio,
    })),
  );
  const stalled = {
    measured: "memory while an application does not read 1 GB",
    against: "MB more",
    figure: sidecar.growth,
  };
  return [...rows, { ...stalled, goal: { most: 32 } }];
}

async function ofPlugins({ base, rounds }: Bench): Promise<readonly Row[]> {
  const costs = await measurePlugins(base, Math.ceil(rounds / 3));
  return costs.map(({ name, time }) => ({ measured: `loading ${name}`, against: "ms", figure: time }));
}

async function ofHosted(): Promise<readonly Row[]> {
  const { inProcess, hosted, first } = await measureHostedMints(1000);
  const measured = "1,000 mints with a request each, in the process of a package";
  return [
    { measured, against: "seconds more than in rotate's own", figure: (hosted - inProcess) / 1000, goal: { most: 1 } },
    { measured: "its first mint, with its start", against: "ms", figure: first },
  ];
}

function chosen(only: string | undefined): readonly Section[] {
  const names = only?.split(",");
  const unknown = names?.filter((name) => !sections.some((section) => section.name === name)) ?? [];
  if (unknown.length > 0)
    throw new Error(`no section ${unknown.join(", ")}; there are ${sections.map(({ name }) => name).join(", ")}`);
  return names === undefined ? sections : sections.filter(({ name }) => names.includes(name));
}

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "21" },
    only: { type: "string" },
    write: { type: "boolean", default: false },
    long: { type: "boolean", default: false },
  },
});
const page = join(root, "docs/performance.md");
const base = mkdtempSync(join(tmpdir(), "rotate-bench-"));
const measured: Row[] = [];
try {
  const { entry: program } = packedCommandLine();
  process.stdout.write(`Node ${process.versions.node}, ${availableParallelism()} cores, medians of ${values.rounds}\n`);
  for (const { name, title, measure } of chosen(values.only)) {
    const folder = join(base, name);
    mkdirSync(folder);
    const rows = await measure({ base: folder, program, rounds: Number(values.rounds), long: values.long });
    if (typeof rows === "string") process.stdout.write(`\n${title}: not measured: ${rows}\n`);
    else process.stdout.write(`\n${title}\n\n${tableOf(rows)}\n`);
    if (typeof rows !== "string") measured.push(...rows);
  }
} finally {
  rmSync(base, { recursive: true, force: true });
}
const before = readFileSync(page, "utf8"); // as it is now: a long run may have been overtaken
for (const sentence of worseThan(writtenTable(before), measured)) process.stdout.write(`\n${sentence}\n`);
if (values.write) writeFileSync(page, withTable(before, measured));
