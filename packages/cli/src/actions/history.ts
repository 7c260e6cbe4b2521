import type { HistoryReport } from "@rotate/core";
import type { ActionInput } from "../action.ts";
import { countValue } from "../flag-values.ts";
import { lookOf } from "../output/look.ts";
import { renderHistory } from "../output/history-table.ts";
import { withEngine } from "../with-engine.ts";

/** As typed; a whole number. */
export interface HistoryFlags {
  readonly limit?: string | undefined;
  /** Nothing is told once for several. */
  readonly all?: boolean;
}

const defaultLimit = 20;

/** Where failures in a row are one line, so many attempts are looked at. */
const mostFolded = 1_000;

/** `rotate history`: past attempts, newest first. */
export function history(
  input: ActionInput<HistoryFlags, { readonly name?: string | undefined }>,
): Promise<HistoryReport> {
  const { flags, args, json, terminal } = input;
  const limit = countValue("limit", flags.limit) ?? defaultLimit;
  return withEngine(input, { reading: true }, async ({ engine, now }) => {
    const all = flags.all ?? false;
    const looked = json || all ? limit : Math.max(limit, mostFolded);
    const report = await engine.history({ limit: looked, ...(args.name !== undefined && { name: args.name }) });
    if (!json) terminal.out(await renderHistory(report, lookOf(terminal, now()), { limit, all }));
    return report;
  });
}
