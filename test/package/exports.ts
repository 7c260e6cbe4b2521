/** What the packages for plugin authors export, types too. As a program: writes it down as that of a release. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readJson, root } from "../support/workspace.ts";

interface Exporting {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

/** By entry (`@rotate/plugin-kit/files`), sorted names. */
export function exportsOf(name: string): Readonly<Record<string, readonly string[]>> {
  const { exports } = readJson(`packages/${name}/package.json`) as Exporting;
  return Object.fromEntries(
    Object.entries(exports).flatMap(([path, target]) => {
      if (typeof target === "string") return [];
      const entry = `@rotate/${name}${path.slice(1)}`;
      return [[entry, namesIn(join(root, "packages", name, target["rotate:src"] ?? ""))] as const];
    }),
  );
}

/** With those of the modules that are handed on whole. */
function namesIn(file: string): readonly string[] {
  const text = readFileSync(file, "utf8");
  const whole = [...text.matchAll(/^export \* from "([^"]+)"/gm)].flatMap(([, path = ""]) =>
    namesIn(join(file, "..", path)),
  );
  const listed = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list = ""]) => list.split(","));
  const declared = [...text.matchAll(/^export (?:function|const|class|interface|type) (\w+)/gm)].map(
    ([, word]) => word!,
  );
  const names = listed.map((item) =>
    item
      .trim()
      .replace(/^type /, "")
      .replace(/^.* as /, ""),
  );
  return [...new Set([...whole, ...names, ...declared])].filter((item) => item !== "").toSorted();
}

if (import.meta.main) {
  const all = { ...exportsOf("plugin-kit"), ...exportsOf("testkit") };
  writeFileSync(join(import.meta.dirname, "exports.json"), `${JSON.stringify(all, null, 2)}\n`);
}
