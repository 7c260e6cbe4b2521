import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hostilePackages } from "../../packages/core/test/plugins/hostile-packages.ts";
import { hostilePrograms } from "../../packages/core/test/plugins/hostile-programs.ts";
import { notStopped } from "../../packages/core/test/plugins/not-stopped.ts";
import { hostilePage, renderHostileDocs } from "../support/hostile-docs.ts";
import { root } from "../support/workspace.ts";

const model = readFileSync(join(root, "docs/threat-model.md"), "utf8");

test("the page of what hostile plugins come to is what the tests try (npm run docs)", () => {
  expect(readFileSync(hostilePage, "utf8")).toBe(renderHostileDocs());
});

test("every act that was tried has a name of its own, and there are many", () => {
  for (const rows of [hostilePrograms, hostilePackages]) {
    const names = rows.map(([does]) => does);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(40);
  }
});

test("each claim of the threat model names tests that are there", () => {
  const [, stopped = ""] = model.split("## What is stopped");
  const claims = stopped
    .split("## What is not stopped")[0]!
    .split("\n")
    .filter((line) => /^\| [^|]+ \| [^|]+ \| `/.test(line));
  expect(claims.length).toBeGreaterThan(8);
  for (const claim of claims) {
    const files = [...claim.split("|")[3]!.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file);
    expect([claim, files.filter((file) => !existsSync(join(root, file)))]).toEqual([claim, []]);
    expect(files).not.toEqual([]);
  }
});

test("what is not stopped is named there, and nothing else is", () => {
  const anchors = [...model.matchAll(/<a id="([^"]+)"><\/a>/g)].map(([, id]) => id);
  const known = notStopped.map(([, where]) => where);
  expect(known.filter((where) => !anchors.includes(where))).toEqual([]);
  expect(anchors.filter((id) => id !== "unread" && !known.includes(id ?? ""))).toEqual([]);
});
