import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCatalog, loadSpec } from "@rotate/core";
import { expect, onTestFinished, test } from "vitest";
import { builtins } from "@rotate/builtins";
import { compiled } from "../support/compiled.ts";
import { packedCommandLine } from "../support/packed.ts";
import { filesUnder, root } from "../support/workspace.ts";

const { entry } = packedCommandLine();

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rotate-docs-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function rotate(cwd: string, ...argv: readonly string[]) {
  const env = { PATH: process.env["PATH"], HOME: cwd, NO_COLOR: "1", NODE_COMPILE_CACHE: compiled };
  return spawnSync(process.execPath, [entry, ...argv], { cwd, env, encoding: "utf8" });
}

/** The list of a page, where its spec makes a rotation for each entry of one. */
function listIn(page: string): string | undefined {
  return /^```json\n(\[[\s\S]*?)^```/m.exec(readFileSync(join(root, page), "utf8"))?.[1];
}

/** Whole specs in the pages: fenced, and beginning with their version. */
function specsIn(page: string): readonly (readonly [string, string, string | undefined])[] {
  const blocks = readFileSync(join(root, page), "utf8").matchAll(/^```ya?ml\n([\s\S]*?)^```/gm);
  return [...blocks]
    .map((match) => match[1] ?? "")
    .filter((text) => /^version: 1$/m.test(text))
    .map((text, index) => [`${page} (${index + 1})`, text, listIn(page)] as const);
}

test("the README's first command rotates, and run again says that it is fresh and when its time comes", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  expect(readme).toContain("npm ci && npx rotate run -f docs/examples/quickstart/rotate.yaml");
  const folder = emptyFolder();
  cpSync(join(root, "docs/examples/quickstart/rotate.yaml"), join(folder, "rotate.yaml"));
  writeFileSync(join(folder, ".env"), "# mine\nPORT=8080\n");

  const first = rotate(folder, "run", "-f", "rotate.yaml");
  expect(first.status).toBe(0);
  expect(first.stdout).toMatch(
    /^app-token {2}rotated in [\d.]+ m?s, 1[45]m left, next in \d+m\n1 rotated\. The next rotation is in \d+m\.\n$/,
  );
  expect(readFileSync(join(folder, ".env"), "utf8")).toMatch(
    /^# mine\nPORT=8080\nAPP_TOKEN=ey[\w.-]+\nAPP_TOKEN_EXPIRES_AT=\S+Z\n$/,
  );
  expect(existsSync(join(folder, "reloaded"))).toBe(true);

  const second = rotate(folder, "run", "-f", "rotate.yaml");
  expect(second.status).toBe(0);
  expect(second.stdout).toMatch(/^app-token is fresh, 1[45]m left\. The next rotation is in \d+m\.\n$/);
  expect(second.stderr).toBe("");
});

test("each of the README's commands works on the package", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const words = [...readme.matchAll(/^rotate (\w+) +#/gm)].map((match) => match[1] ?? "");
  expect(words).toEqual(["validate", "plan", "run", "watch", "status"]);
  const folder = emptyFolder();
  cpSync(join(root, "docs/examples/quickstart/rotate.yaml"), join(folder, "rotate.yaml"));
  for (const word of words) {
    const argv = word === "watch" ? ["watch", "--once"] : [word];
    const { status, stderr } = rotate(folder, ...argv);
    expect({ word, status, stderr }).toMatchObject({ word, status: 0 });
  }
});

/** What `rotate validate` would say, with the built-in plugins. */
async function problemsOf(file: string, text: string): Promise<readonly string[]> {
  const { diagnostics } = await loadSpec({ file, text, catalog: createCatalog(builtins) });
  return diagnostics.map(({ line, message }) => `${line}: ${message}`);
}

/** What needs an approval first is run by test/plugins. */
function needsApproval(file: string): boolean {
  return file.startsWith("docs/examples/plugins/");
}

const pages = ["README.md", ...filesUnder("docs", ".md").filter((file) => !needsApproval(file))];
test.each(pages.flatMap(specsIn))("the spec in %s is valid", async (_, text, list) => {
  const folder = emptyFolder();
  if (list !== undefined) writeFileSync(join(folder, "tenants.json"), list);
  expect(await problemsOf(join(folder, "rotate.yaml"), text)).toEqual([]);
});

const specs = filesUnder("docs/examples", ".yaml").filter((file) => !needsApproval(file));

test.each(specs)("%s is valid", async (file) => {
  expect(await problemsOf(join(root, file), readFileSync(join(root, file), "utf8"))).toEqual([]);
});
