import { stripVTControlCharacters } from "node:util";
import type { CauseReport, HistoryReport, RotationStatus } from "@rotate/core";
import { renderCauses } from "./cause-text.ts";
import { headline } from "./headline.ts";
import { folded, type HistoryRow, rowsOf } from "./history-rows.ts";
import { type Look, toned, wrap } from "./look.ts";
import { renderTable } from "./table.ts";
import { formatElapsed } from "./time.ts";

/** What the history of rotations is shown with. */
export interface HistoryView {
  /** Lines at most; the newest. */
  readonly limit: number;
  /** A line for each, however often the same happened. */
  readonly whole: boolean;
  /** How the one that was asked for stands now: why it was not rotated is there. */
  readonly now?: { readonly rotation: RotationStatus; readonly causes: readonly CauseReport[] } | undefined;
}

/** `rotate history`: a row for each attempt and for what happened between them, the newest last; then how the one that was asked for stands. */
export function renderHistory(history: HistoryReport, { limit, whole, now }: HistoryView, look: Look): string {
  const all = rowsOf(history);
  const rows = (whole ? all : folded(all)).slice(-limit);
  const standing =
    now === undefined ? [] : ["", headline([now.rotation], look), ...renderCauses(now.causes, look, { ends: false })];
  if (rows.length === 0) return ["no attempts yet", ...standing].join("\n");
  return [...linesOf(rows, look), ...standing].join("\n");
}

const headings = ["WHEN", "ROTATION", "RESULT", "TOOK"];

/** The last column is wrapped where it is; on a terminal a rule stands where the day changes. */
function linesOf(rows: readonly HistoryRow[], look: Look): readonly string[] {
  const isScreen = look.screen !== undefined;
  const cells = rows.map(({ at, rotation, tone, result, took }) => [
    isScreen ? timeOf(at) : at.replace("T", " ").replace(/\.\d+Z$/, "Z"),
    rotation,
    toned(tone, result, look),
    took === undefined ? "-" : formatElapsed(took),
  ]);
  const [head = "", ...lines] = renderTable(headings, cells, look.paint).split("\n");
  const width = Math.max(...[head, ...lines].map(lengthOf)) + 2;
  const pad = (line: string): string => line + " ".repeat(width - lengthOf(line));
  const told = lines.flatMap((line, at) => {
    const { what, times, since } = rows[at]!;
    const often = times > 1 ? `${times} times since ${isScreen ? timeOf(since) : since}: ` : "";
    const text = wrap(`${".".repeat(width)} ${often}${what}`, look, { rest: width }).slice(width + 1);
    const day = dayOf(rows[at]!);
    const isNew = isScreen && day !== (at === 0 ? undefined : dayOf(rows[at - 1]!));
    return [...(isNew ? [look.paint("dim", `─ ${day} ─`)] : []), pad(line) + text];
  });
  const [first, ...rest] = told;
  const titles = `${pad(head)}${look.paint("dim", "WHAT")}`;
  return isScreen && first !== undefined ? [first, titles, ...rest] : [titles, ...told];
}

function lengthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** Local, as all absolute times on a terminal. */
function timeOf(at: string): string {
  return new Date(at).toLocaleTimeString("en-GB");
}

function dayOf({ at }: HistoryRow): string {
  return new Date(at).toLocaleDateString("sv-SE");
}
