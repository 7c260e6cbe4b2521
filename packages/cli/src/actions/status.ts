import { exitCodeOfStatus, type StatusReport } from "@rotate/core";
import { exitWith, type ActionInput, type NamesArgs } from "../action.ts";
import { durationValue } from "../flag-values.ts";
import { lookOf } from "../output/look.ts";
import { renderTroubles } from "../output/cause-text.ts";
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

/** `rotate status`: how every rotation stands. */
export function status(input: Input): Promise<StatusReport | undefined> {
  const minRemaining = durationValue("min-remaining", input.flags["min-remaining"]);
  return withWatch(input, { reading: true }, async (opened) => {
    const read = async (): Promise<StatusReport> => {
      const report = await opened.engine.status({ names: input.args.names ?? [] });
      const troubles = [...opened.troubles, ...(report.troubles ?? [])];
      return troubles.length === 0 ? report : { ...report, troubles };
    };
    if (input.flags.watch === true)
      return (await import("./status-watch.ts")).watchStatus({ ...input, read, now: opened.now });
    const report = await read();
    if (!input.json) input.terminal.out(await render(input, opened, report));
    const limit = minRemaining === undefined ? undefined : { now: opened.now(), minRemaining };
    if (input.flags.check === true) exitWith(exitCodeOfStatus(report, limit));
    return report;
  });
}

const pastOf = { limit: 50 };

/** One that is asked for by its name is told in detail; of more there is a table. */
async function render({ terminal, args, flags }: Input, opened: Asked, report: StatusReport): Promise<string> {
  const { rotations, causes, troubles = [], serve = [], hosts = [] } = report;
  const { now, stateDir, engine } = opened;
  const [only] = rotations;
  const isOne = only !== undefined && rotations.length === 1 && args.names?.length === 1 && args.names[0] === only.name;
  const detail = isOne ? await engine.detail(only.name, pastOf) : undefined;
  const look = lookOf(terminal, now());
  if (detail !== undefined)
    return [...renderTroubles(troubles, look), renderDetail(detail.rotation, { ...detail, stateDir }, look)].join("\n");
  return renderStatus({ rotations, causes, troubles, serve, hosts, all: flags.all === true, stateDir }, look);
}
