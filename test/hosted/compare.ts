/**
 * The contract suites of every built-in, in process and through the child that packages of others run in: the same tests, with the same results, but for what `expected.ts` names with a
 * reason. Ends with 1 for any other difference, for a test that fails, and for a reason that nothing needs any more. `npm run proof:hosted [plugin …]`
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../support/workspace.ts";
import { expected, type Expected } from "./expected.ts";
import { type Difference, differences, outcomesOf, type PartOutcomes, type Report } from "./outcomes.ts";
import { plugins } from "./suites.ts";

interface Row {
  readonly part: string;
  readonly inProcess: number;
  readonly hosted: number;
  readonly differing: readonly Difference[];
  readonly failing: readonly string[];
  readonly refusal: string | undefined;
  readonly words: string | undefined;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** @param way `hosted` or `in process` */
async function run(plugin: string, way: string, folder: string): Promise<ReadonlyMap<string, PartOutcomes>> {
  const file = join(folder, `${plugin}-${way.replace(" ", "-")}.json`);
  const config = ["--config", "test/hosted/vitest.config.ts", "--reporter=json", `--outputFile=${file}`];
  const child = spawn(
    join(root, "node_modules/.bin/vitest"),
    ["run", ...config, "-t", "keeps the contract", `plugins/${plugin}/`],
    {
      cwd: root,
      env: { ...process.env, ROTATE_SUITES: way },
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  await once(child, "exit");
  return outcomesOf(JSON.parse(readFileSync(file, "utf8")) as Report);
}

const none: PartOutcomes = { tests: new Map() };

async function compare(plugin: string, folder: string): Promise<readonly Row[]> {
  const inProcess = await run(plugin, "in process", folder);
  const hosted = await run(plugin, "hosted", folder);
  return [...new Set([...inProcess.keys(), ...hosted.keys()])].toSorted().map((part) => {
    const own = inProcess.get(part)?.tests ?? new Map<string, string>();
    const { tests, refusal, words } = hosted.get(part) ?? none;
    const failing = [...own].flatMap(([test, status]) => (status.startsWith("failed") ? [`${test}: ${status}`] : []));
    const differing = refusal === undefined ? differences(own, tests) : [];
    return { part, inProcess: own.size, hosted: tests.size, differing, failing, refusal, words };
  });
}

/** Is this difference what a reason is given for? */
function isFor([title, said]: readonly [string, string], { test, hosted }: Difference): boolean {
  return test.split(" › ").includes(title) && hosted.includes(said);
}

/** What is wrong with a row: nothing, when each difference has its reason and each reason its difference. */
function faultsOf({ part, differing, failing, refusal, words }: Row): readonly string[] {
  const known: Expected = expected[part] ?? {};
  const reasons = Object.entries(known.tests ?? {});
  return [
    ...failing.map((test) => `fails in process: ${test}`),
    ...differing
      .filter((one) => !reasons.some((reason) => isFor(reason, one)))
      .map(({ test, inProcess, hosted }) => `in process ${inProcess}, through the child ${hosted}: ${test}`),
    ...reasons
      .filter((reason) => !differing.some((one) => isFor(reason, one)))
      .map(([title, said]) => `is no longer different: ${title}: ${said}`),
    ...unlike("refused", refusal, known.refusal),
    ...unlike("told in plain words", words, known.words),
  ];
}

/** @param known words of the reason */
function unlike(what: string, reason: string | undefined, known: string | undefined): readonly string[] {
  if (reason === undefined) return known === undefined ? [] : [`is no longer ${what}: ${known}`];
  return known !== undefined && reason.includes(known) ? [] : [`is ${what}: ${reason}`];
}

function tell(row: Row): boolean {
  const { part, inProcess, hosted, differing, refusal, words } = row;
  const { tests = {} }: Expected = expected[part] ?? {};
  const under = Object.entries(tests).map(([title, said]) => `${title}: ${said}`);
  const why = [
    ...(refusal === undefined ? [] : [`refused: ${refusal}`]),
    ...(words === undefined ? [] : [`in plain words: ${words}`]),
    ...under,
  ];
  say(`| ${part} | ${inProcess} | ${hosted} | ${differing.length} | ${why.join("; ")} |`);
  const faults = faultsOf(row);
  for (const fault of faults) say(`  FAULT ${fault}`);
  return faults.length === 0;
}

const folder = mkdtempSync(join(tmpdir(), "rotate-suites-"));
try {
  say(`Node ${process.version}`);
  say("| part | tests in process | through the child | differing | why |");
  say("|---|---|---|---|---|");
  const chosen = process.argv.slice(2);
  for (const plugin of chosen.length > 0 ? chosen : plugins()) {
    const good = (await compare(plugin, folder)).map(tell);
    if (good.includes(false)) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
