import type { HistoryReport } from "@rotate/core";
import type { ActionInput } from "../action.ts";
import { countValue } from "../flag-values.ts";
import { renderHistory } from "../output/history-table.ts";
import { withEngine } from "../with-engine.ts";

/** As typed; a whole number. */
export interface HistoryFlags {
  readonly limit?: string | undefined;
}

const defaultLimit = 20;

/** `rotate history`: past attempts, newest first. */
export function history(
  input: ActionInput<HistoryFlags, { readonly name?: string | undefined }>,
): Promise<HistoryReport> {
  const { flags, args, json, terminal } = input;
  const limit = countValue("limit", flags.limit) ?? defaultLimit;
  return withEngine(input, { reading: true }, async ({ engine }) => {
    const report = await engine.history({ limit, ...(args.name !== undefined && { name: args.name }) });
    if (!json) terminal.out(await renderHistory(report, { paint: terminal.paint, limit }));
    return report;
  });
}
