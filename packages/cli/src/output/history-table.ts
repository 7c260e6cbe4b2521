import type { AttemptReport, HistoryEvent, HistoryReport } from "@rotate/core";
import { renderError } from "./error-text.ts";
import { renderTable } from "./table.ts";
import type { Paint } from "./terminal.ts";
import { formatElapsed } from "./time.ts";

type Row = readonly [at: string, ...cells: string[]];

/** `rotate history`: a row for each attempt and for what happened between them, newest first, and what failed under the table. */
export async function renderHistory(
  { attempts, events }: HistoryReport,
  { paint, limit }: { readonly paint: Paint; readonly limit: number },
): Promise<string> {
  const rows = [...attempts.map(attemptRow), ...events.map(eventRow)]
    .toSorted(([a], [b]) => (a < b ? 1 : a > b ? -1 : 0))
    .slice(0, limit);
  if (rows.length === 0) return "no attempts yet";
  const table = await renderTable(
    ["WHEN", "ROTATION", "OUTCOME", "TOOK", "WHY", "CREDENTIAL"],
    rows.map(([at, ...cells]) => [at.replace("T", " ").replace(/\.\d+Z$/, "Z"), ...cells]),
    paint,
  );
  const shown = attempts.filter(({ startedAt }) => startedAt >= (rows.at(-1)?.[0] ?? ""));
  return [table, ...shown.flatMap((attempt) => describe(attempt, paint))].join("\n");
}

function attemptRow({ startedAt, rotation, outcome, durationMs, why, credential }: AttemptReport): Row {
  return [startedAt, rotation, outcome, formatElapsed(durationMs), why, credential?.fingerprint ?? "-"];
}

const words: Readonly<Record<HistoryEvent["type"], string>> = {
  "standing-changed": "forgotten",
  "lease-revoked": "revoked",
  "revoke-failed": "not revoked",
  "renew-failed": "not renewed",
  "attempt-killed": "cut off",
};

function eventRow({ at, rotation, type, message, after }: HistoryEvent): Row {
  return [at, rotation, after?.state ?? words[type], "-", message, "-"];
}

function describe({ rotation, startedAt, phases }: AttemptReport, paint: Paint): readonly string[] {
  const failed = phases.filter(({ error }) => error !== undefined);
  return failed.flatMap(({ phase, error }) =>
    error === undefined
      ? []
      : ["", `${paint("bold", rotation)}  ${phase} failed, ${startedAt}`, ...renderError(error, paint)],
  );
}
