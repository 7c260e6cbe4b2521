import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isMissed, rowsIn, tableOf, withTable, worseThan, writtenTable, type Row } from "../bench/section.ts";
import { root } from "../support/workspace.ts";

const start: Row = { measured: "a start", against: "bare Node", figure: 1.8, goal: { most: 1.5 }, floor: "1.03" };
const disk: Row = { measured: "files", against: "raw", figure: 1.4, goal: { least: 1.3 } };
const page = "before\n\n<!-- written by npm run bench -- --write -->\n<!-- end -->\n\nafter\n";

test("the page of figures says of each goal whether it is met", () => {
  const written = readFileSync(join(root, "docs/performance.md"), "utf8");
  const rows = rowsIn(writtenTable(written));
  expect(rows.length).toBeGreaterThan(0);
  for (const { line, figure } of rows) {
    expect(Number.isFinite(figure)).toBe(true);
    const goal = /\| (≤|≥) ([\d.]+)(, \*\*missed\*\*)? \|/.exec(line);
    if (goal === null) continue;
    const bound = goal[1] === "≤" ? { most: Number(goal[2]) } : { least: Number(goal[2]) };
    expect([line, isMissed({ measured: "", against: "", figure, goal: bound })]).toEqual([line, goal[3] !== undefined]);
  }
});

describe("the table of the bench", () => {
  test("is written in its place, with the floor and what is missed, and nothing else of the page changes", () => {
    const next = withTable(page, [start, disk]);
    expect(next).toContain("| a start | bare Node | 1.8 | ≤ 1.5, **missed** | 1.03 |");
    expect(next).toContain("| files | raw | 1.4 | ≥ 1.3 |  |");
    expect([next.startsWith("before\n"), next.endsWith("\nafter\n")]).toEqual([true, true]);
  });

  test("keeps the rows of what was not measured this time", () => {
    const next = withTable(withTable(page, [start, disk]), [{ ...start, figure: 1.4 }]);
    expect(rowsIn(writtenTable(next)).map(({ key, figure }) => [key, figure])).toEqual([
      ["a start | bare Node", 1.4],
      ["files | raw", 1.4],
    ]);
  });

  test("tells what got worse than it was, whichever way is worse", () => {
    const before = tableOf([start, disk]);
    expect(
      worseThan(before, [
        { ...start, figure: 2.4 },
        { ...disk, figure: 2 },
      ]),
    ).toEqual(["worse: a start | bare Node: 2.4, was 1.8"]);
    expect(
      worseThan(before, [
        { ...start, figure: 1.9 },
        { ...disk, figure: 1 },
      ]),
    ).toEqual(["worse: files | raw: 1, was 1.4"]);
  });
});
