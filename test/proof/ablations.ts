/**
 * Can the proofs fail at all? Each rule of the engine is switched off in a copy, and the named and random histories (or weeks) run until one ends in a broken promise.
 * `npm run proof:ablations -- [--proof histories|weeks] [--most 40000] [--only "pins"]`. Exits 1 when a rule's absence shows nothing.
 * `-- --proof faults` puts old faults of every kind back, one at a time, and runs the test of each: exits 1 when one stays green.
 */
import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { oldFaults, type OldFault } from "./old-faults.ts";
import { colourOf, mend, putBack, withCopyOfTree } from "./put-back.ts";
import { rules, type Rule } from "./rules.ts";
import { weekRules } from "./week-rules.ts";

const root = resolve(import.meta.dirname, "../..");

interface Proof {
  readonly rules: readonly Rule[];
  /** So many at a time. */
  readonly block: number;
  readonly most: number;
  readonly script: string;
  readonly options: (from: number) => readonly string[];
  /** In its output when it ran to its end. */
  readonly done: string;
  readonly violation: RegExp;
}

/** Named ones come first: they are many, and each was once broken. */
const proofs: Readonly<Record<string, Proof>> = {
  histories: {
    rules,
    block: 500,
    most: 40_000,
    script: "histories.ts",
    options: (from) => ["--faults", "0", "--random", "500", "--from", String(from), "--jobs", "1"],
    done: "| histories |",
    violation: /^VIOLATION (.*) \(\d+ ×\)/gm,
  },
  weeks: {
    rules: weekRules,
    block: 100,
    most: 1_000,
    script: "weeks.ts",
    options: (from) =>
      from === 1
        ? ["--only", "named", "--bail", "--jobs", "1"]
        : ["--only", "random", "--random", "100", "--from", String(from), "--bail", "--jobs", "1"],
    done: "without a violation",
    violation: /^ {2}([a-z-]+) \d+$/gm,
  },
};

function copyEngine(): string {
  const copy = mkdtempSync(join(tmpdir(), "rotate-ablation-"));
  for (const path of [
    "package.json",
    "packages/core/package.json",
    "packages/core/src",
    "packages/core/test",
    "test/proof",
  ])
    cpSync(join(root, path), join(copy, path), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  return copy;
}

function switchOff(copy: string, { edits }: Rule): void {
  for (const { from, to } of edits) {
    const files = globSync("packages/core/src/**/*.ts", { cwd: copy }).map((file) => join(copy, file));
    const holding = files.filter((file) => readFileSync(file, "utf8").includes(from));
    if (holding.length !== 1) throw new Error(`${holding.length} files of the engine hold: ${from}`);
    const changed = readFileSync(holding[0]!, "utf8").replaceAll(from, () => to);
    writeFileSync(holding[0]!, changed);
  }
}

/** The violations of a block, by message. */
function violations(copy: string, from: number, proof: Proof): readonly string[] {
  const script = join(copy, "test/proof", proof.script);
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    ["--conditions=rotate:src", script, ...proof.options(from)],
    {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    },
  );
  if (!stdout.includes(proof.done)) throw new Error(`it ended with ${status ?? signal}: ${stderr}`);
  return [...stdout.matchAll(proof.violation)].map((match) => match[1]!);
}

/** Runs until something breaks, or `most` were run. */
function ablate(rule: Rule, most: number, proof: Proof): boolean {
  const copy = copyEngine();
  try {
    switchOff(copy, rule);
    for (let run = 0; run < most; run += proof.block) {
      const broken = [...new Set(violations(copy, 1 + run, proof))];
      if (broken.length === 0) continue;
      process.stdout.write(`| ${rule.name} | ${run + proof.block} | ${broken.join("; ")} |\n`);
      return true;
    }
    process.stdout.write(`| ${rule.name} | ${most} | NOTHING |\n`);
    return false;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Is its test green without it and red with it? */
function noticed(copy: string, fault: OldFault): boolean {
  const without = colourOf(copy, fault);
  putBack(copy, fault);
  const within = colourOf(copy, fault);
  mend(copy, fault);
  process.stdout.write(`| ${fault.name} | ${without} | ${within} | ${fault.red.file}: ${fault.red.test} |\n`);
  return without === "green" && within === "red";
}

function putAllBack(only: string | undefined): readonly boolean[] {
  process.stdout.write("| fault put back | without it | with it | test |\n|---|---|---|---|\n");
  const faults = oldFaults.filter(({ name }) => only === undefined || name.includes(only));
  return withCopyOfTree((copy) => faults.map((fault) => noticed(copy, fault)));
}

function ablateAll({ proof: name, most, only }: typeof values): readonly boolean[] {
  const proof = proofs[name];
  if (proof === undefined) throw new Error(`no proof is named ${name}`);
  process.stdout.write(`| rule switched off | ${name} | broken |\n|---|---|---|\n`);
  const chosen = proof.rules.filter((rule) => only === undefined || rule.name.includes(only));
  return chosen.map((rule) => ablate(rule, Number(most ?? proof.most), proof));
}

const { values } = parseArgs({
  options: {
    proof: { type: "string", default: "histories" },
    most: { type: "string" },
    only: { type: "string" },
  },
});
const shown = values.proof === "faults" ? putAllBack(values.only) : ablateAll(values);
if (shown.includes(false)) process.exitCode = 1;
