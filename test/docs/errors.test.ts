import { readFileSync } from "node:fs";
import { join } from "node:path";
import { errorCodes } from "@rotate/plugin-kit";
import { expect, test } from "vitest";
import { filesUnder, root, workspaces } from "../support/workspace.ts";

const page = readFileSync(join(root, "docs/errors.md"), "utf8");
const anchors = [...page.matchAll(/^### (\S+)$/gm)].map((match) => match[1]);

/** The codes that the sources give to errors of rotate itself. */
function ownCodes(): readonly string[] {
  const sources = workspaces().flatMap(({ folder }) => filesUnder(`${folder}/src`, ".ts"));
  const texts = sources.map((file) => readFileSync(join(root, file), "utf8"));
  const found = texts.flatMap((text) => [...text.matchAll(/\bcode(?::|\s*=)[^"\n]*"(ROTATE_[A-Z_]+)"/g)]);
  return [...new Set(found.map((match) => match[1] ?? ""))];
}

test("every code that an error can carry is explained, and nothing else is", () => {
  const codes = [...errorCodes, ...ownCodes()].map((code) => code.toLowerCase());
  expect(new Set(anchors)).toEqual(new Set(codes));
});

test("every place where a call may fail is explained for the consumer", () => {
  const report = readFileSync(join(root, "packages/core/src/report.ts"), "utf8");
  const [, inReports = ""] = /export type PhaseName =([^;]*);/.exec(report) ?? [];
  const [, beside = ""] = /export type CallPlace =([^;]*);/.exec(report) ?? [];
  const phases = [...`${inReports}${beside}`.matchAll(/"([a-z]+)"/g)].map((match) => match[1]);
  expect(phases.length).toBeGreaterThan(10);
  for (const phase of phases) expect(page).toContain(`\`${phase}\``);
});
