import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pageOf } from "@rotate/testkit";
import { expect, test } from "vitest";
import { wireRules } from "../../packages/cli/src/plugin-test/wire-suite.ts";
import { contractPage, renderContractDocs, sentences } from "../support/contract-docs.ts";
import { root } from "../support/workspace.ts";

test("the page with every promise is what the contract suites test (npm run docs)", () => {
  expect(readFileSync(contractPage, "utf8")).toBe(renderContractDocs());
});

test("each promise has a name of its own, of its kind, and the place on the page that a failure names", () => {
  const page = renderContractDocs();
  const ids = Object.values(sentences).flatMap((rules) => rules.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
  for (const [kind, rules] of Object.entries(sentences))
    for (const { id, why } of rules) {
      expect(id).toMatch(new RegExp(`^${kind}-[a-z-]+$`));
      expect(page).toContain(`<a id="${pageOf(id).split("#")[1]}"></a>`);
      expect(why).toMatch(/^[A-Z0-9`].*[.]$/);
    }
});

test("the page on programs has what is tried on the wire, word for word", () => {
  const protocol = readFileSync(join(root, "docs/plugin-protocol.md"), "utf8");
  const rows = wireRules.map(({ name, why }) => `| ${name} | ${why} |`);
  expect(rows.filter((row) => !protocol.includes(row))).toEqual([]);
});
