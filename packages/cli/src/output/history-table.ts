import type { AttemptReport } from "@rotate/core";
import { renderError } from "./error-text.ts";
import { renderTable } from "./table.ts";
import type { Paint } from "./terminal.ts";
import { formatElapsed } from "./time.ts";

/** `rotate history`: a row for each attempt, newest first as they come, and what failed under the table. */
export async function renderHistory(attempts: readonly AttemptReport[], paint: Paint): Promise<string> {
  if (attempts.length === 0) return "no attempts yet";
  const table = await renderTable(
    ["WHEN", "ROTATION", "OUTCOME", "TOOK", "WHY", "CREDENTIAL"],
    attempts.map(toRow),
    paint,
  );
  const failures = attempts.flatMap((attempt) => describe(attempt, paint));
  return [table, ...failures].join("\n");
}

function toRow({ startedAt, rotation, outcome, durationMs, why, credential }: AttemptReport): readonly string[] {
  const when = startedAt.replace("T", " ").replace(/\.\d+Z$/, "Z");
  return [when, rotation, outcome, formatElapsed(durationMs), why, credential?.fingerprint ?? "-"];
}

function describe({ rotation, startedAt, phases }: AttemptReport, paint: Paint): readonly string[] {
  const failed = phases.filter(({ error }) => error !== undefined);
  return failed.flatMap(({ phase, error }) =>
    error === undefined
      ? []
      : ["", `${paint("bold", rotation)}  ${phase} failed, ${startedAt}`, ...renderError(error, paint)],
  );
}
