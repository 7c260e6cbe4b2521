import { stripVTControlCharacters } from "node:util";
import type { Paint } from "./terminal.ts";

/** Columns under headings, without borders: each cell a line of its own. Colours in cells do not disturb the widths. */
export async function renderTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): Promise<string> {
  const head = headings.map((heading) => paint("dim", heading));
  const all = [head, ...rows].map((row) => row.map((text) => ({ text, plain: stripVTControlCharacters(text) })));
  const widthOf = await widthsOf(all.flat());
  const widths = headings.map((_, column) => all.reduce((most, row) => Math.max(most, widthOf(row[column]!)), 0));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.text + " ".repeat(widths[column]! - widthOf(cell)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

interface Cell {
  readonly text: string;
  /** Without its colours. */
  readonly plain: string;
}

const narrow = /^[\u{20}-\u{7e}]*$/u;

/** How wide a terminal shows each. What counts the odd characters costs a start 20 ms: it is loaded when there are any. */
async function widthsOf(cells: readonly Cell[]): Promise<(cell: Cell) => number> {
  if (cells.every(({ plain }) => narrow.test(plain))) return ({ plain }) => plain.length;
  const { default: width } = await import("string-width");
  return ({ plain }) => (narrow.test(plain) ? plain.length : width(plain));
}
