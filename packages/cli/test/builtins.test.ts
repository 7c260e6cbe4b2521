import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createCatalog } from "@rotate/core";
import type { Plugin } from "@rotate/plugin-kit";
import { expect, test } from "vitest";
import { builtins } from "../src/builtins.ts";

const plugins = fileURLToPath(new URL("../../../plugins/", import.meta.url));

function typesOf({ providers, sinks, reloads, probes }: Plugin): object {
  const kinds = Object.entries({ providers, sinks, reloads, probes }).filter(([, parts]) => parts.length > 0);
  return Object.fromEntries(kinds.map(([kind, parts]) => [kind, parts.map(({ type }) => type).toSorted()]));
}

test("every plugin of the workspace is built in, with exactly the types that it contributes", async () => {
  const found = await Promise.all(
    readdirSync(plugins).map(async (name) => {
      const { default: plugin } = (await import(`${plugins}${name}/src/index.ts`)) as { readonly default?: Plugin };
      return { name: `@rotate/plugin-${name}`, plugin };
    }),
  );
  const contributed = found
    .flatMap(({ name, plugin }) => (plugin === undefined ? [] : [[name, typesOf(plugin)] as const]))
    .filter(([, types]) => Object.keys(types).length > 0);
  const listed = builtins.map(({ name, types }) => [
    name,
    Object.fromEntries(Object.entries(types).map(([kind, words]) => [kind, [...words].toSorted()])),
  ]);
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(contributed));
});

test("no two built-in plugins claim one type", () => {
  expect(() => createCatalog(builtins)).not.toThrow();
});
