/** A store does not start anybody anew: its page says for each reader when it has the new version, and what makes it take it. */
import { builtins } from "@rotate/builtins";
import { createCatalog } from "@rotate/core";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../support/workspace.ts";

const catalog = createCatalog(builtins);
const reloads = new Set(catalog.types("reloads"));

/** Stores are reached over the network by many readers: their writes may land late, or are fenced. */
async function stores(): Promise<readonly string[]> {
  const types = catalog.types("sinks");
  const parts = await Promise.all(types.map((type) => catalog.find("sinks", type)));
  return types.filter((_, at) => parts[at]?.lateWrites !== undefined || parts[at]?.fence !== undefined);
}

interface Reader {
  readonly who: string;
  readonly when: string;
  readonly what: string;
}

function readersOn(page: string): readonly Reader[] {
  const [, table = ""] =
    /^## What consumers see, and which reload fits\n\n\| reader \| picks a new version up \| reload \|\n\|---\|---\|---\|\n((?:\|.*\n)+)/m.exec(
      page,
    ) ?? [];
  return [...table.matchAll(/^\| (.+?) \| (.+?) \| (.+?) \|$/gm)].map(([, who = "", when = "", what = ""]) => ({
    who,
    when,
    what,
  }));
}

function fits({ when, what }: Reader): boolean {
  const linked = [...what.matchAll(/\]\(([a-z-]+)\.md\)/g)].map(([, name = ""]) => name);
  const says = linked.length > 0 || /^none\b|overlap\.grace|^read |`health`/.test(what);
  return when !== "" && says && linked.every((name) => reloads.has(name));
}

test.each(await stores())("%s: each reader has a time, and a reload, a grace or the way to read that fits", (type) => {
  const page = readFileSync(join(root, `docs/plugins/${type}.md`), "utf8");
  const readers = readersOn(page);
  expect(readers.length).toBeGreaterThan(0);
  expect(readers.filter((reader) => !fits(reader))).toEqual([]);
});
