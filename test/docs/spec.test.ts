import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { renderSpecDocs, specPage } from "../support/spec-docs.ts";

test("the page with every key of a spec is what the schema says (npm run docs)", async () => {
  expect(readFileSync(specPage, "utf8")).toBe(await renderSpecDocs());
});

test("every key of the engine has its row, with what it means", async () => {
  const page = await renderSpecDocs();
  const keys = [
    ..."foreach.file foreach.key drift overlap.revoke overlap.grace budget.perMinute cache maxLive".split(" "),
    ..."refresh.at refresh.windows[].cron retry.max onFailure renamedFrom settle within partial".split(" "),
  ];
  for (const key of keys) expect(page).toContain(`| \`${key}\` |`);
  expect(page.match(/^\| `[^`]+` \| [^|]* \| *\|$/gm) ?? []).toEqual([]);
});
