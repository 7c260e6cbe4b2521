/** The page that says what each double is held against. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as doubles from "@rotate/doubles";
import { expect, test } from "vitest";
import { filesUnder, root } from "../support/workspace.ts";

const page = readFileSync(join(root, "docs/contributors/doubles.md"), "utf8");

/** Rows of the first table: the double, and the paths that stand in the row. */
const rows = [...page.matchAll(/^\| `((?:create|start|install)\w+)` \|(.*)$/gm)].map(([, name = "", rest = ""]) => ({
  name,
  files: [...rest.matchAll(/`([\w./-]+\.ts)`/g)].map(([, path = ""]) => path),
}));
const doubled = rows.map(({ name }) => name);

function textOf(path: string): string {
  return existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : "";
}

test("whatever can be started has a row, or is named as the system itself", () => {
  const started = Object.entries(doubles).filter(
    ([name, value]) => typeof value === "function" && /^(create|start|install)[A-Z]/.test(name),
  );
  const [, others = ""] = page.split("## Not doubles");
  const named = new Set([...others.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  const lacking = started.map(([name]) => name).filter((name) => !doubled.includes(name) && !named.has(name));
  expect(lacking).toEqual([]);
  expect(doubled.filter((name) => !(name in doubles) || named.has(name))).toEqual([]);
});

test.each(rows)("what $name is held by is there, and uses it", ({ name, files }) => {
  expect(files.length).toBeGreaterThan(0);
  const texts = files.map((path) => [path, textOf(path)] as const);
  expect(texts.filter(([, text]) => text === "").map(([path]) => path)).toEqual([]);
  expect(texts.some(([, text]) => text.includes(name))).toBe(true);
});

test("each list that a double and a server are asked stands in the row of its double", () => {
  const lists = filesUnder("packages/doubles/test", ".test.ts").filter((path) =>
    textOf(path).includes("describeBoth("),
  );
  expect(lists.length).toBeGreaterThan(3);
  expect(lists.filter((path) => !rows.some(({ files }) => files.includes(path)))).toEqual([]);
});

test("whatever else the page names is there", () => {
  const named = [...page.matchAll(/`((?:packages|plugins|test|docs)\/[\w./-]+)`/g)].map(([, path = ""]) => path);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
