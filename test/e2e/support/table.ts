import type { Figures, Progress } from "./scenario.ts";

const heads = ["", "queries", "failures", "first failure", "rotations", "generations seen", "refused logins"];

/** The figures of both applications, side by side. */
export function formatFigures({ rotate, cron }: Progress): string {
  const rows = [heads, cells("rotate", rotate), cells("cron script", cron)];
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join("  ")).join("\n");
}

function cells(name: string, figures: Figures): readonly string[] {
  const { queries, failures, firstFailure, rotations, generations, refusedLogins } = figures;
  const first = firstFailure === undefined ? "none" : `after ${(firstFailure / 1000).toFixed(1)} s`;
  return [name, queries, failures, first, rotations, generations, refusedLogins].map(String);
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
