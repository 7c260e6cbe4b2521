import { describe, expect, test } from "vitest";
import { filesUnder, published, readJson, workspaces, type Manifest, type Workspace } from "../support/workspace.ts";
import { bareText, circlesIn, importsIn, importsOf, isRelative, reachedFrom, targetOf } from "./sources.ts";

/** What a package of ours may import of ours. Nobody's sources import the doubles: they are for tests. */
function allowedOf({ folder }: Workspace): RegExp {
  if (folder.startsWith("plugins/")) return /^@rotate\/plugin-kit(\/[a-z]+)?$/;
  const allowed: Readonly<Record<string, RegExp>> = {
    "packages/plugin-kit": /^$/,
    "packages/runtime": /^@rotate\/plugin-kit(\/grammar)?$/,
    "packages/core": /^@rotate\/(runtime(\/(serving|answers))?|plugin-kit(\/(files|grammar))?)$/,
    "packages/testkit": /^@rotate\/(runtime(\/serving)?|plugin-kit(\/grammar)?)$/,
    "packages/doubles": /^$/,
    "packages/client": /^$/,
    "packages/builtins": /^@rotate\/(core|plugin-(?!kit$)[a-z0-9]+)$/,
    "packages/cli": /^@rotate\/(core|plugin-kit(\/formats)?|builtins|testkit)$/,
  };
  const pattern = allowed[folder];
  if (pattern === undefined) throw new Error(`${folder} has no place in the direction of imports`);
  return pattern;
}

/** What it imports goes into its bundle, and is declared at the top with all else that only a build needs. */
const bundled = "packages/cli";
const top = readJson("package.json") as Manifest;

/** What a published package has in itself, and so does not depend on. */
const takenIn: Readonly<Record<string, readonly string[]>> = { "packages/runtime": ["execa"] };

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
  const imports = importsIn(folder);

  test("imports of ours only what its place allows", () => {
    const allowed = allowedOf(workspace);
    const ours = imports.filter(({ specifier }) => specifier.startsWith("@rotate/"));
    expect(ours.filter(({ specifier }) => !allowed.test(specifier))).toEqual([]);
  });

  test("declares every package that it imports", () => {
    const { dependencies } = folder === bundled ? { dependencies: top.devDependencies } : workspace.manifest;
    const declared = [...Object.keys(dependencies ?? {}), ...(takenIn[folder] ?? [])];
    const foreign = imports.filter(({ specifier }) => isForeign(specifier));
    expect(foreign.filter(({ specifier }) => !declared.includes(packageOf(specifier)))).toEqual([]);
  });

  test("stays inside itself with relative imports, and writes them with .ts", () => {
    const wrong = imports.filter(isRelative).filter((one) => {
      const target = targetOf(one);
      return !target.startsWith(`${folder}/`) || !target.endsWith(".ts");
    });
    expect(wrong).toEqual([]);
  });

  test("has no circle of modules, type imports included", () => {
    expect(circlesIn(folder)).toEqual([]);
  });

  test("has no default export but a plugin's own", () => {
    const files = filesUnder(`${folder}/src`, ".ts").filter((file) => !/^plugins\/[^/]+\/src\/index\.ts$/.test(file));
    expect(files.filter((file) => /^export default /m.test(bareText(file)))).toEqual([]);
  });
});

test("no package that is published needs one that is not", () => {
  const hidden = workspaces().flatMap(({ manifest }) => (manifest.private === true ? [manifest.name] : []));
  expect(hidden).toContain("@rotate/doubles");
  const needing = workspaces().filter(
    ({ manifest }) => manifest.private !== true && hidden.some((name) => name in (manifest.dependencies ?? {})),
  );
  expect(needing.map(({ folder }) => folder)).toEqual([]);
});

test("what a plugin author imports needs nothing but node:util, and a type of node:net", () => {
  const outside = reachedFrom("packages/plugin-kit/src/index.ts")
    .flatMap(importsOf)
    .filter((one) => !isRelative(one));
  expect([...new Set(outside.map(({ specifier }) => specifier))]).toEqual(["node:net", "node:util"]);
});

/** Sources that are published, in which this stands outside of comments. */
function sourcesWith(pattern: RegExp, parent = ""): readonly string[] {
  return published()
    .filter(({ folder }) => folder.startsWith(parent))
    .flatMap(({ folder }) => filesUnder(`${folder}/src`, ".ts"))
    .filter((file) => pattern.test(bareText(file)));
}

test("plugins read files through their context; only what the kernel says of processes is no file to it", () => {
  const reading = /\b(readFile|readFileSync|createReadStream)\b[^;]*\bfrom "node:fs/;
  expect(sourcesWith(reading, "plugins/")).toEqual(["plugins/process/src/proc.ts"]);
});

test("a request to AWS and a JWT are signed in one place each", () => {
  expect(sourcesWith(/aws4_request/)).toEqual(["packages/plugin-kit/src/tokens/sigv4.ts"]);
  expect(sourcesWith(/\b(sign|createSign)\b[^;]*\bfrom "node:crypto"/)).toEqual([
    "packages/plugin-kit/src/tokens/sign-jwt.ts",
  ]);
});

test("the engine names no issuer", () => {
  const issuers = /databricks|lakebase|\baws\b|azure|gcp|github|kubernetes|\bvault\b/i;
  const naming = filesUnder("packages/core/src", ".ts").filter((file) => issuers.test(bareText(file)));
  expect(naming).toEqual([]);
});
