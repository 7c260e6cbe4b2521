import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { filesUnder, readJson, root, workspaces, type Manifest, type Workspace } from "../support/workspace.ts";

/** What a package of ours may import of ours. */
function allowedOf({ folder }: Workspace): RegExp {
  if (folder.startsWith("plugins/")) return /^@rotate\/plugin-kit(\/[a-z]+)?$/;
  const allowed: Readonly<Record<string, RegExp>> = {
    "packages/plugin-kit": /^$/,
    "packages/core": /^@rotate\/plugin-kit(\/files)?$/,
    "packages/testkit": /^@rotate\/(core\/runtime|plugin-kit)$/,
    "packages/doubles": /^$/,
    "packages/builtins": /^@rotate\/(core|plugin-[a-z0-9]+)$/,
    "packages/cli": /^@rotate\/(core|plugin-kit|builtins)$/,
  };
  const pattern = allowed[folder];
  if (pattern === undefined) throw new Error(`${folder} has no place in the direction of imports`);
  return pattern;
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "");
}

/** The specifiers of static and dynamic imports and of re-exports. */
function importsOf(file: string): readonly string[] {
  const text = withoutComments(readFileSync(join(root, file), "utf8"));
  const stated = text.matchAll(/^(?:import|export)\b(?:[^"'`;=]*?\bfrom)?\s+"([^"]+)"/gm);
  const dynamic = text.matchAll(/\bimport\(\s*"([^"]+)"/g);
  return [...stated, ...dynamic].map((match) => match[1] ?? "");
}

/** What it imports goes into its bundle, and is declared at the top with all else that only a build needs. */
const bundled = "packages/cli";
const top = readJson("package.json") as Manifest;

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function isForeign(specifier: string): boolean {
  return !specifier.startsWith(".") && !specifier.startsWith("node:");
}

describe.each(workspaces().map((workspace) => [workspace.folder, workspace] as const))("%s", (folder, workspace) => {
  const imports = filesUnder(`${folder}/src`, ".ts").flatMap((file) =>
    importsOf(file).map((specifier) => ({ file, specifier })),
  );

  test("imports of ours only what its place allows", () => {
    const allowed = allowedOf(workspace);
    const ours = imports.filter(({ specifier }) => specifier.startsWith("@rotate/"));
    expect(ours.filter(({ specifier }) => !allowed.test(specifier))).toEqual([]);
  });

  test("declares every package that it imports", () => {
    const { dependencies } = folder === bundled ? { dependencies: top.devDependencies } : workspace.manifest;
    const declared = Object.keys(dependencies ?? {});
    const foreign = imports.filter(({ specifier }) => isForeign(specifier));
    expect(foreign.filter(({ specifier }) => !declared.includes(packageOf(specifier)))).toEqual([]);
  });

  test("stays inside itself with relative imports, and writes them with .ts", () => {
    const relative = imports.filter(({ specifier }) => specifier.startsWith("."));
    const wrong = relative.filter(({ file, specifier }) => {
      const target = join(file, "..", specifier);
      return !target.startsWith(`${folder}/`) || !target.endsWith(".ts");
    });
    expect(wrong).toEqual([]);
  });

  test("has no default export but a plugin's own", () => {
    const files = filesUnder(`${folder}/src`, ".ts").filter((file) => !/^plugins\/[^/]+\/src\/index\.ts$/.test(file));
    expect(files.filter((file) => /^export default /m.test(readFileSync(join(root, file), "utf8")))).toEqual([]);
  });
});

/** A source file and all that it imports of its own package, directly or not. */
function reachedFrom(entry: string): readonly string[] {
  const reached = [entry];
  for (const file of reached) {
    const own = importsOf(file).filter((specifier) => specifier.startsWith("."));
    const targets = own.map((specifier) => join(file, "..", specifier));
    reached.push(...targets.filter((target) => !reached.includes(target)));
  }
  return reached;
}

test("what a plugin author imports needs nothing but node:util", () => {
  const outside = reachedFrom("packages/plugin-kit/src/index.ts")
    .flatMap(importsOf)
    .filter((specifier) => !specifier.startsWith("."));
  expect([...new Set(outside)]).toEqual(["node:util"]);
});

test("the engine names no issuer", () => {
  const issuers = /databricks|lakebase|\baws\b|azure|gcp|github|kubernetes|\bvault\b/i;
  const naming = filesUnder("packages/core/src", ".ts").filter((file) =>
    issuers.test(withoutComments(readFileSync(join(root, file), "utf8"))),
  );
  expect(naming).toEqual([]);
});
