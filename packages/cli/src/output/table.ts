import { stripVTControlCharacters } from "node:util";
import type { Paint } from "./terminal.ts";

/** Columns under headings, without borders: each cell a line of names, words and signs of ours, none of them wider than a letter. Colours do not disturb the widths. */
export function renderTable(headings: readonly string[], rows: readonly (readonly string[])[], paint: Paint): string {
  const head = headings.map((heading) => paint("dim", heading));
  const all = [head, ...rows].map((row) => row.map((text) => ({ text, width: stripVTControlCharacters(text).length })));
  const widths = headings.map((_, column) => all.reduce((most, row) => Math.max(most, row[column]!.width), 0));
  return all
    .map((row) =>
      row
        .map(({ text, width }, column) => text + " ".repeat(widths[column]! - width))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
