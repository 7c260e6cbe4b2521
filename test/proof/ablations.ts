/**
 * Can the histories fail at all? Each rule of the engine is switched off in a copy, and the named and random histories run until one ends in a broken promise.
 * `npm run proof:ablations -- [--most 40000] [--only "pins"]`. Exits 1 when a rule's absence shows nothing.
 */
import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { rules, type Rule } from "./rules.ts";

const root = resolve(import.meta.dirname, "../..");
const block = 4_000;

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

/** The violations of a block of random histories, by message. */
function violations(copy: string, from: number): readonly string[] {
  const script = join(copy, "test/proof/histories.ts");
  const options = ["--faults", "0", "--random", String(block), "--from", String(from)];
  const { stdout, stderr } = spawnSync(process.execPath, ["--conditions=rotate:src", script, ...options], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (!stdout.includes("| histories |")) throw new Error(stderr);
  return [...stdout.matchAll(/^VIOLATION (.*) \(\d+ ×\)/gm)].map((match) => match[1]!);
}

/** Runs until something breaks, or `most` histories were run. */
function ablate(rule: Rule, most: number): boolean {
  const copy = copyEngine();
  try {
    switchOff(copy, rule);
    for (let run = 0; run < most; run += block) {
      const broken = [...new Set(violations(copy, 1 + run))];
      if (broken.length === 0) continue;
      process.stdout.write(`| ${rule.name} | ${run + block} | ${broken.join("; ")} |\n`);
      return true;
    }
    process.stdout.write(`| ${rule.name} | ${most} | NOTHING |\n`);
    return false;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const { values } = parseArgs({ options: { most: { type: "string", default: "40000" }, only: { type: "string" } } });
process.stdout.write("| rule switched off | histories | broken |\n|---|---|---|\n");
const chosen = rules.filter(({ name }) => values.only === undefined || name.includes(values.only));
const shown = chosen.map((rule) => ablate(rule, Number(values.most)));
if (shown.includes(false)) process.exitCode = 1;
