import { setTimeout as sleep } from "node:timers/promises";
import { exitCodeOfStatus, type StatusReport } from "@rotate/core";
import { exitWith, type ActionInput, type NamesArgs } from "../action.ts";
import { durationValue } from "../flag-values.ts";
import { listenForInterrupt } from "../interrupt.ts";
import { renderStatus } from "../output/status-table.ts";
import { withSession, type Session } from "../session.ts";

export interface StatusFlags {
  readonly watch?: boolean;
  readonly check?: boolean;
  readonly "min-remaining"?: string | undefined;
}
type Input = ActionInput<StatusFlags, NamesArgs>;

const refreshEvery = 1_000;
const clearScreen = "\u001b[H\u001b[J";

/** `rotate status`: how every rotation stands. */
export function status(input: Input): Promise<StatusReport | undefined> {
  const minRemaining = durationValue("min-remaining", input.flags["min-remaining"]);
  return withSession(input, {}, async (session) => {
    if (input.flags.watch === true) return watch(input, session);
    const report = await session.engine.status({ names: input.args.names ?? [] });
    if (!input.json) input.terminal.out(await render(input, session, report));
    const limit = minRemaining === undefined ? undefined : { now: session.now(), minRemaining };
    if (input.flags.check === true) exitWith(exitCodeOfStatus(report.rotations, limit));
    return report;
  });
}

/** Again and again until a signal to stop; with `--json` one report a line. */
async function watch(input: Input, session: Session): Promise<undefined> {
  const interrupt = listenForInterrupt();
  while (!interrupt.signal.aborted) {
    const report = await session.engine.status({ names: input.args.names ?? [] });
    const text = input.json ? JSON.stringify(report) : await render(input, session, report);
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

function render({ terminal }: Input, { now }: Session, { rotations }: StatusReport): Promise<string> {
  return renderStatus(rotations, { paint: terminal.paint, now: now() });
}
