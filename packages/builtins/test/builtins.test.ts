import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createCatalog, kinds } from "@rotate/core";
import { expect, test } from "vitest";
import { renderBuiltins, root } from "../scripts/render.ts";
import { builtins } from "../src/index.ts";

/** The text without its layout, which the formatter decides. */
function bare(text: string): string {
  return text.replaceAll(/\s+/g, "").replaceAll(/,(?=[\]}])/g, "");
}

test.each(renderBuiltins().map(({ path, text }) => [path, text] as const))(
  "%s is what the plugins' package.json say (npm run builtins)",
  (path, text) => {
    expect(bare(readFileSync(join(root, path), "utf8"))).toBe(bare(text));
  },
);

test.each(builtins.map((plugin) => [plugin.name, plugin] as const))(
  "%s contributes exactly the types that its package.json names",
  async (_, { types, load }) => {
    const plugin = await load();
    const found = kinds.map((kind) => [kind, plugin[kind].map(({ type }) => type).toSorted()] as const);
    const named = Object.entries(types).map(([kind, words]) => [kind, [...words].toSorted()]);
    expect(Object.fromEntries(named)).toEqual(Object.fromEntries(found.filter(([, words]) => words.length)));
  },
);

test("no two built-in plugins claim one type", () => {
  expect(() => createCatalog(builtins)).not.toThrow();
});
