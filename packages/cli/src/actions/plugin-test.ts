import { writeFile } from "node:fs/promises";
import { programKinds, type Runtime, type Told, tryPlugin, type TriedPlugin } from "@rotate/core";
import { isRotateError } from "@rotate/plugin-kit";
import type { Report, Suite } from "@rotate/testkit";
import { type ActionInput, exitWith } from "../action.ts";
import { UsageError } from "../failure.ts";
import type { HarnessProgram } from "../plugin-test/harness-program.ts";
import { type Subject, subjectsAt } from "../plugin-test/subject.ts";
import { createReporter } from "../reporter.ts";

/** What more is tried, and files to write a report to. */
export interface PluginTestFlags {
  readonly week?: boolean | undefined;
  readonly junit?: string | undefined;
  readonly badge?: string | undefined;
}

type Input = ActionInput<PluginTestFlags, { readonly path?: string | undefined }>;

/** For one promise; a week is played for the first of its own. ms */
const longest = 600_000;

/** What a program has to say of itself it says within this time, ms. */
const describeLimit = 10_000;

/** `rotate plugin test`: holds a plugin against every promise, on the outside that its harness plays. */
export async function testPlugin(input: Input): Promise<Report> {
  const { flags, args, json, terminal } = input;
  const subjects = subjectsAt(args.path ?? ".");
  const { "log-level": level, "log-format": format } = flags;
  const reporter = createReporter({ terminal, level, format, board: false, omit: [] });
  try {
    const suites = await Promise.all(
      subjects.map((subject) => suitesFor(subject, { runtime: reporter.runtime, week: flags.week === true })),
    );
    const report = await tried(suites.flat(), input);
    await write(report, flags);
    const { badgeLine } = await import("@rotate/testkit");
    if (!json) terminal.out(`\n${badgeLine(report)}`);
    exitWith(report.broken === 0 ? 0 : 1);
    return report;
  } finally {
    reporter.close();
  }
}

async function suitesFor(
  subject: Subject,
  { runtime, week }: { readonly runtime: Runtime; readonly week: boolean },
): Promise<readonly Suite[]> {
  const { openHarness, suitesOf, weeksOf, wireSuite } = await import("../plugin-test/index.ts");
  const { told, plugin, program } = await described(subject, runtime);
  const harness = await openHarness(subject.harness, runtime).catch(asUsage);
  refuseUnplayed(told.describe, { harness, subject });
  const asItIs = [...suitesOf(plugin, harness), ...(week ? weeksOf(plugin, harness) : [])];
  if (program === undefined) return asItIs;
  const anew = told.describe.oneShot === true ? [] : suitesOf(program.anew, harness, false).map(withNewProcesses);
  return [...asItIs, ...anew, wireSuite({ launch: program.launch, description: told.describe })];
}

async function described({ name, directory }: Subject, runtime: Runtime): Promise<TriedPlugin> {
  const { signal, clear } = runtime.deadline(describeLimit);
  try {
    return await tryPlugin(name, directory, { ...runtime, signal });
  } catch (error) {
    return asUsage(error);
  } finally {
    clear();
  }
}

function asUsage(error: unknown): never {
  throw isRotateError(error) ? new UsageError(error.message, error.hint) : error;
}

/** What rotate may do between two calls: a program keeps nothing but what it was given back. */
function withNewProcesses(suite: Suite): Suite {
  const title = suite.title.replace(/(?= keeps the contract$)/, " with a new process for each call");
  return { title, promises: suite.promises.filter(({ applies }) => applies) };
}

function refuseUnplayed(
  description: Told["describe"],
  { harness, subject }: { readonly harness: HarnessProgram; readonly subject: Subject },
): void {
  const parts = programKinds.flatMap((kind) => (description[kind] ?? []).map(({ type }) => `${kind}/${type}`));
  const missing = parts.filter((part) => harness.parts[part] === undefined);
  if (missing.length > 0)
    throw new UsageError(
      `the harness of ${subject.name} does not play ${missing.join(", ")}`,
      "say in its description which verbs it has for that part",
    );
}

async function tried(suites: readonly Suite[], { json, terminal }: Input): Promise<Report> {
  const { linesOf, runSuites } = await import("@rotate/testkit");
  let last: Suite | undefined;
  return runSuites(suites, {
    timeout: longest,
    onResult: (result, suite) => {
      if (json) return;
      if (suite !== last) terminal.out(`${last === undefined ? "" : "\n"}${suite.title}`);
      last = suite;
      terminal.out(linesOf(result).join("\n"));
    },
  });
}

async function write(report: Report, { junit, badge }: PluginTestFlags): Promise<void> {
  const { badgeJson, junitXml } = await import("@rotate/testkit");
  const wanted = [
    [junit, junitXml],
    [badge, badgeJson],
  ] as const;
  for (const [path, made] of wanted) {
    if (path === undefined) continue;
    await writeFile(path, made(report)).catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(`cannot write ${path} (${error.code})`, "name a file in a directory that you may write to");
    });
  }
}
