import { setTimeout as sleep } from "node:timers/promises";
import { exitCodeOfStatus, type StatusReport } from "@rotate/core";
import { exitWith, type ActionInput, type NamesArgs } from "../action.ts";
import { durationValue } from "../flag-values.ts";
import { listenForInterrupt } from "../interrupt.ts";
import { lookOf } from "../output/look.ts";
import { renderDetail } from "../output/status-detail.ts";
import { renderStatus } from "../output/status-table.ts";
import { withWatch, type Asked } from "../with-engine.ts";

/** As typed; `min-remaining` (`15m`) is read by the action. */
export interface StatusFlags {
  readonly watch?: boolean;
  readonly check?: boolean;
  readonly "min-remaining"?: string | undefined;
  readonly all?: boolean;
}
type Input = ActionInput<StatusFlags, NamesArgs>;

const refreshEvery = 1_000;
const clearScreen = "\u001b[H\u001b[J";

/** `rotate status`: how every rotation stands. */
export function status(input: Input): Promise<StatusReport | undefined> {
  const minRemaining = durationValue("min-remaining", input.flags["min-remaining"]);
  return withWatch(input, { reading: true }, async (opened) => {
    if (input.flags.watch === true) return watch(input, opened);
    const report = await opened.engine.status({ names: input.args.names ?? [] });
    if (!input.json) input.terminal.out(await render(input, opened, report));
    const limit = minRemaining === undefined ? undefined : { now: opened.now(), minRemaining };
    if (input.flags.check === true) exitWith(exitCodeOfStatus(report.rotations, limit));
    return report;
  });
}

/** Again and again until a signal to stop; with `--json` one report a line. */
async function watch(input: Input, opened: Asked): Promise<undefined> {
  const interrupt = listenForInterrupt();
  while (!interrupt.signal.aborted) {
    const report = await opened.engine.status({ names: input.args.names ?? [] });
    const text = input.json ? JSON.stringify(report) : await render(input, opened, report);
    input.terminal.out(process.stdout.isTTY ? `${clearScreen}${text}` : text);
    await pause(interrupt.signal);
  }
  interrupt.release();
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await sleep(refreshEvery, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** One that is asked for by its name is told in detail; of more there is a table. */
function render({ terminal, args, flags }: Input, opened: Asked, report: StatusReport): Promise<string> {
  const { rotations, causes } = report;
  const { now, stateDir } = opened;
  const look = lookOf(terminal, now());
  const [only] = rotations;
  if (only !== undefined && rotations.length === 1 && args.names?.length === 1 && args.names[0] === only.name)
    return renderDetail(only, { causes, stateDir }, look);
  return renderStatus({ rotations, causes, all: flags.all === true, stateDir }, look);
}
