import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { linksIn } from "../support/links.ts";
import { filesUnder, root } from "../support/workspace.ts";

const pages = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", ...filesUnder("docs", ".md")];

test.each(pages)("%s links only to what is there", (page) => {
  const local = linksIn(readFileSync(join(root, page), "utf8"));
  expect(local.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
});

test("the way of a rotation leads only through files that are there", () => {
  const [, way = ""] =
    /^## Follow a rotation\n([\s\S]*?)^## /m.exec(readFileSync(join(root, "CONTRIBUTING.md"), "utf8")) ?? [];
  const named = [...way.matchAll(/`([^`]+\.ts)`/g)].map(([, file = ""]) => file);
  const places = ["packages", "packages/core/src/rotation"];
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((file) => !places.some((place) => existsSync(join(root, place, file))))).toEqual([]);
});
