import type { AttemptReport, HistoryEvent, HistoryReport } from "@rotate/core";
import { renderError } from "./error-text.ts";
import { sign, type Look, type Tone } from "./look.ts";
import { renderTable } from "./table.ts";
import { formatElapsed } from "./time.ts";

/** How many lines, and whether failures in a row stand in lines of their own, with what to do under the table. */
export interface HistoryView {
  readonly limit: number;
  readonly all?: boolean;
}

interface Row {
  /** RFC 3339. */
  readonly at: string;
  readonly name: string;
  readonly tone: Tone;
  readonly result: string;
  readonly took: string;
  readonly what: string;
  /** Rows with the same one, of one rotation in a row, are one. */
  readonly fold?: string;
}

/** `rotate history`: a row for each attempt and for what happened between them; the newest is last, nearest the prompt. */
export async function renderHistory(
  { attempts, events }: HistoryReport,
  look: Look,
  { limit, all = false }: HistoryView,
): Promise<string> {
  const rows = [...attempts.map(attemptRow), ...events.map(eventRow)].toSorted((a, b) => compare(a.at, b.at));
  const shown = (all ? rows : folded(rows)).slice(-limit);
  if (shown.length === 0) return "no attempts yet";
  const table = await renderTable(
    ["WHEN", "CREDENTIAL", "RESULT", "TOOK", "WHAT"],
    shown.map(({ at, name, tone, result, took, what }) => [
      timeOf(at, look),
      name,
      `${sign(tone, look)}${result}`,
      took,
      what,
    ]),
    look.paint,
  );
  const first = shown[0]?.at ?? "";
  const failed = all ? attempts.filter(({ startedAt }) => startedAt >= first).toReversed() : [];
  return [...withDays(table.split("\n"), shown, look), ...failed.flatMap((one) => describe(one, look))].join("\n");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function attemptRow({ startedAt: at, rotation: name, phases, ...attempt }: AttemptReport): Row {
  const { outcome, durationMs, why, reason, credential } = attempt;
  const took = formatElapsed(durationMs);
  const phase = phases.find(({ error }) => error !== undefined);
  if (phase === undefined) {
    const tone = outcome === "failed" ? "bad" : outcome === "reload-owed" ? "warn" : "ok";
    const what = [why, credential?.fingerprint].filter((part) => part !== undefined).join("  ");
    return { at, name, tone, result: outcome, took, what };
  }
  const result = `${phase.phase} failed`;
  const tone = outcome === "reload-owed" ? "warn" : "bad";
  const what = phase.error?.message ?? reason;
  return { at, name, tone, result, took, what, fold: `${result} ${what}` };
}

const words: Readonly<Record<HistoryEvent["type"], readonly [Tone, string]>> = {
  "standing-changed": ["note", "forgotten"],
  "lease-revoked": ["off", "revoked"],
  "revoke-failed": ["warn", "not revoked"],
  "renew-failed": ["warn", "not renewed"],
  "attempt-killed": ["bad", "cut off"],
};

function eventRow({ at, rotation: name, type, message: what, after }: HistoryEvent): Row {
  const [tone, result] = words[type];
  return { at, name, tone, result: after?.state ?? result, took: "-", what };
}

/** Failures of one rotation in a row, for one reason, are told once, where the last of them was. */
function folded(rows: readonly Row[]): readonly Row[] {
  const open = new Map<string, { row: Row; times: number; since: string }>();
  const done: Row[] = [];
  function close(name: string): void {
    const last = open.get(name);
    open.delete(name);
    if (last === undefined) return;
    const { row, times, since } = last;
    done.push(times === 1 ? row : { ...row, what: `${times} times since ${since}: ${row.what}` });
  }
  for (const row of rows) {
    const last = open.get(row.name);
    const same = row.fold !== undefined && last?.row.fold === row.fold;
    if (!same) close(row.name);
    open.set(row.name, { row, times: same ? last.times + 1 : 1, since: same ? last.since : clockOf(row.at) });
  }
  for (const name of [...open.keys()]) close(name);
  return done.toSorted((a, b) => compare(a.at, b.at));
}

/** On a terminal by its own clock, the day in a rule; else whole and in UTC, for whoever searches it. */
function timeOf(at: string, { screen }: Look): string {
  return screen === undefined ? at.replace(/\.\d+Z$/, "Z") : clockOf(at);
}

function clockOf(at: string): string {
  return new Date(at).toLocaleTimeString("en-GB");
}

function dayOf(at: string): string {
  return new Date(at).toLocaleDateString("sv-SE");
}

/** A rule where the day changes, and above the first. The first line of a table is its head. */
function withDays(
  [head = "", ...lines]: readonly string[],
  rows: readonly Row[],
  { screen, paint }: Look,
): readonly string[] {
  if (screen === undefined) return [head, ...lines];
  const days = rows.map(({ at }) => dayOf(at));
  const marked = lines.flatMap((line, index) =>
    days[index] === days[index - 1] ? [line] : [paint("dim", `─ ${days[index]} ─`), line],
  );
  return [head, ...marked];
}

function describe({ rotation, startedAt, phases }: AttemptReport, { paint }: Look): readonly string[] {
  const failed = phases.filter(({ error }) => error !== undefined);
  return failed.flatMap(({ phase, error }) =>
    error === undefined
      ? []
      : ["", `${paint("bold", rotation)}  ${phase} failed, ${startedAt}`, ...renderError(error, paint)],
  );
}
