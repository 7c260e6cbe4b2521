import { exitCodeOfRun, lookAfterRun, type PlanReport, type RunOptions, type RunReport, tellFleet } from "@rotate/core";
import { exitWith, type ActionInput, type NamesArgs } from "../action.ts";
import { countValue, durationValue } from "../flag-values.ts";
import { listenForInterrupt } from "../interrupt.ts";
import { lookOf } from "../output/look.ts";
import { renderRun } from "../output/run-text.ts";
import { tracesOf } from "../traces.ts";
import { withWatch } from "../with-engine.ts";

/** As typed; durations (`2m`) and numbers are read by the action. */
export interface RunFlags {
  readonly force?: boolean;
  readonly "dry-run"?: boolean;
  readonly timeout?: string | undefined;
  readonly every?: string | undefined;
  readonly "lock-timeout"?: string | undefined;
  readonly concurrency?: string | undefined;
  readonly "detailed-exit-code"?: boolean;
  readonly quiet?: boolean;
  readonly label?: readonly string[] | undefined;
}
type Input = ActionInput<RunFlags, NamesArgs>;

const somethingRotated = 10;

/** `rotate run`: finishes what is owed and rotates what is due. */
export async function run(input: Input): Promise<RunReport | PlanReport> {
  if (input.flags["dry-run"] !== true) return rotate(input);
  const { plan } = await import("./plan.ts");
  return plan({ ...input, flags: { ...input.flags, "resolve-exec": false } });
}

function rotate(given: Input): Promise<RunReport> {
  const quiet = given.flags.quiet === true;
  const input = quiet ? hushed(given) : given;
  const { flags, json, terminal } = input;
  const options = optionsOf(input);
  const how = { board: !quiet, omit: ["rotation-finished"], labels: flags.label } as const;
  return withWatch(input, how, async ({ engine, own, names, reporter, now }) => {
    if (names.length > 1) input.onMany?.();
    const { log } = reporter.runtime;
    const interrupt = listenForInterrupt(() => log.warn("stopping where it is safe; once more stops at once"));
    const stopTraces = await tracesOf(own?.events, reporter.runtime);
    const ran = await engine.run({ ...options, signal: interrupt.signal });
    const troubles =
      own === undefined ? [] : [...(await tellFleet(own)), ...(await lookAfterRun(own, {}, interrupt.signal))];
    await stopTraces();
    const all = [...(ran.troubles ?? []), ...troubles];
    const report = all.length > 0 ? { ...ran, troubles: all } : ran;
    interrupt.release();
    reporter.close();
    const isWell = exitCodeOfRun(report) === 0 && interrupt.exitCode() === undefined;
    if (!json && !(quiet && isWell)) terminal.out(renderRun(report, lookOf(terminal, now())));
    for (const { message, hint } of all) terminal.err(hint === undefined ? message : `${message}; ${hint}`);
    exitWith(interrupt.exitCode() ?? exitCodeOf(report, flags));
    return report;
  });
}

/** Nothing is said while all is well; a level that was asked for stays. */
function hushed(input: Input): Input {
  const level = input.flags["log-level"];
  return { ...input, flags: { ...input.flags, "log-level": level === "info" ? "error" : level } };
}

function optionsOf({ flags, args }: Input): RunOptions {
  const { force, timeout, every, concurrency, "lock-timeout": lockTimeout } = flags;
  const given = Object.entries({
    force,
    timeout: durationValue("timeout", timeout),
    every: durationValue("every", every),
    lockTimeout: durationValue("lock-timeout", lockTimeout),
    concurrency: countValue("concurrency", concurrency),
  }).filter(([, value]) => value !== undefined);
  return { names: args.names ?? [], ...Object.fromEntries(given) };
}

function exitCodeOf(report: RunReport, flags: RunFlags): number {
  const code = exitCodeOfRun(report);
  const rotated = report.rotations.some(({ outcome }) => outcome === "rotated" || outcome === "renewed");
  return code === 0 && rotated && flags["detailed-exit-code"] === true ? somethingRotated : code;
}
