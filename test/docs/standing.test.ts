import { readFileSync } from "node:fs";
import { join } from "node:path";
import { policies } from "@rotate/core";
import { expect, test } from "vitest";
import { root } from "../support/workspace.ts";

const page = readFileSync(join(root, "docs/guide/how-it-stands.md"), "utf8");
const rows = [...page.matchAll(/^\| `([a-z-]+)` \| `([a-z-]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)];

test("the page tells every way to stand, in the order in which they are asked, with its exit code and alarm", () => {
  const told = rows.map(([, state, code, exit, alarm]) => [
    state,
    code,
    exit?.trim(),
    alarm?.replaceAll("`", "").trim(),
  ]);
  const asked = policies.map(({ state, code, exit, alarm }) => [
    state,
    code,
    typeof exit === "number" ? String(exit) : "1, 4 when a reload is owed",
    alarm ?? "-",
  ]);
  expect(told).toEqual(asked);
});

test("every row says what it means and what to do", () => {
  const thin = rows.filter(([, , , , , meaning = "", remedy = ""]) => meaning.length < 12 || remedy.length < 7);
  expect(thin).toEqual([]);
});
