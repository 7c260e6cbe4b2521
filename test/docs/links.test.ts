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
