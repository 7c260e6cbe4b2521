/** Notes what each test file costs, where ROTATE_TEST_COST names a file: a line of JSON for each. On Linux. */
import { appendFileSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { afterAll, expect } from "vitest";
import { root } from "./workspace.ts";

const begun = performance.now();
/** One process may run several files, one after another: the first of them pays for its start. */
const told: { before?: number } = ((process as { rotateTestCost?: { before?: number } }).rotateTestCost ??= {});

/** Seconds of processor time: of this process, and of all that it started and saw end. */
function spent(): number {
  const stat = readFileSync("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return ticks / 100;
}

afterAll(() => {
  const file = relative(root, expect.getState().testPath ?? "");
  const wall = (performance.now() - begun) / 1000;
  const [before, now] = [told.before ?? 0, spent()];
  told.before = now;
  appendFileSync(process.env["ROTATE_TEST_COST"] ?? "", `${JSON.stringify({ file, cpu: now - before, wall })}\n`);
});
