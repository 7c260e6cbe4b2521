/** npm packages that are written in a test, installed beside a spec as npm does it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Plugin } from "@rotate/plugin-kit";
import type { Runtime } from "@rotate/runtime";
import { onTestFinished } from "vitest";
import { loadProgram, proposePlugin } from "../../src/plugins/plugins.ts";
import { contextOf, runtimeWith } from "./support.ts";

/** Files by their path in a package. */
export type Files = Readonly<Record<string, string>>;

/** The name of the plugin in these tests. */
export const pluginName = "rotate-plugin-acme";

/** A folder of a spec with packages under `node_modules`. */
export function projectWith(packages: Readonly<Record<string, Files>>): string {
  const folder = mkdtempSync(join(tmpdir(), "rotate-package-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, files] of Object.entries(packages)) writeFiles(join(folder, "node_modules", name), files);
  return folder;
}

/** Writes files below a folder. */
export function writeFiles(folder: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** A package.json. */
export function manifest(name: string, more: object = {}): string {
  return JSON.stringify({ name, version: "1.0.0", type: "module", exports: "./index.js", ...more });
}

/** A plugin of one provider whose `mint` has this body, with `needs` and whatever else is put before. */
export function providerPackage(mint: string, { needs = {}, before = "", more = {} } = {}): Files {
  return {
    "package.json": manifest(pluginName, more),
    "index.js": `import { definePlugin, defineProvider, RotateError } from "@rotate/plugin-kit";
${before}
const minted = { fields: { token: "a-token-for-a-test" }, expires: { in: 3_600_000 } };
export default definePlugin({
  needs: ${JSON.stringify(needs)},
  providers: [defineProvider({
    type: "acme",
    options: { type: "object", properties: { url: { type: "string" }, file: { type: "string", format: "path" }, key: { type: "string", secret: true } } },
    fields: { token: { secret: true, description: "a token" } },
    handle: { type: "object" },
    async mint(request, ctx) { ${mint} },
  })],
});
`,
  };
}

/** Approves the plugin of a project, and loads it as a spec does. */
export async function approvedIn(folder: string, runtime: Runtime = runtimeWith()): Promise<Plugin> {
  const proposal = await proposePlugin(pluginName, folder, contextOf(runtime));
  await proposal.approve();
  return (await loadProgram(pluginName, folder)).plugin;
}

/** What `mint` gives, with these options. */
export async function mintWith(plugin: Plugin, { options = {}, runtime = runtimeWith() } = {}) {
  return plugin.providers[0]!.mint({}, { ...contextOf(runtime), options });
}
