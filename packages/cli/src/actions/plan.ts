import type { PlanReport } from "@rotate/core";
import type { ActionInput, NamesArgs } from "../action.ts";
import { exitWith } from "../action.ts";
import { lookOf } from "../output/look.ts";
import { renderPlan } from "../output/plan-text.ts";
import { withEngine } from "../with-engine.ts";

/** `resolve-exec`: run the commands of `exec` references as well. `all`: show what is well, too. */
export interface PlanFlags {
  readonly all?: boolean;
  readonly "resolve-exec"?: boolean;
}

/** `rotate plan`: says what would happen; a failed check is exit code 1. */
export function plan(input: ActionInput<PlanFlags, NamesArgs>): Promise<PlanReport> {
  const { flags, args, json, terminal } = input;
  return withEngine(input, { reading: true }, async ({ engine, now }) => {
    const report = await engine.plan({ names: args.names ?? [], resolveExec: flags["resolve-exec"] ?? false });
    if (!json) terminal.out(renderPlan(report, lookOf(terminal, now()), { all: flags.all ?? false }));
    const failed = report.rotations.some(({ checks }) => checks.some(({ result }) => result === "failed"));
    exitWith(failed ? 1 : 0);
    return report;
  });
}
