/** What this package says of the plugins, made from their package.json. `npm run builtins` writes it; a test compares. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const root = fileURLToPath(new URL("../../../", import.meta.url));

interface PluginManifest {
  readonly name: string;
  readonly version: string;
  /** The `type` words that the plugin contributes, by kind. */
  readonly rotate?: Readonly<Record<string, readonly string[]>>;
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

interface Project {
  readonly references: readonly { readonly path: string }[];
}

/** A file that is written from the plugins' package.json. */
interface Rendered {
  /** Relative to the checkout. */
  readonly path: string;
  readonly text: string;
}

const head = `/** The built-in plugins, each imported when a spec uses one of its types. Written by \`npm run builtins\` from their package.json. */
import type { LazyPlugin } from "@rotate/core";

/** All that the command line and the library know without being told of it; sorted by name. */
export const builtins: readonly LazyPlugin[] = [
`;

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function entryText({ name, rotate = {} }: PluginManifest): string {
  const types = Object.entries(rotate).map(([kind, words]) => `      ${kind}: [${words.map(quoted).join(", ")}],\n`);
  return `  {
    name: "${name}",
    types: {
${types.join("")}    },
    load: async () => (await import("${name}")).default,
  },
`;
}

function quoted(word: string): string {
  return JSON.stringify(word);
}

/** The list, the dependencies and the references of this package, as the folders of `plugins` want them. */
export function renderBuiltins(): readonly Rendered[] {
  const folders = readdirSync(join(root, "plugins")).toSorted();
  const plugins = folders.map((folder) => readJson(`plugins/${folder}/package.json`) as PluginManifest);
  const manifest = readJson("packages/builtins/package.json") as Manifest;
  const project = readJson("packages/builtins/tsconfig.json") as Project;
  const dependencies = { "@rotate/core": manifest.dependencies["@rotate/core"], ...versionsOf(plugins) };
  const references = ["../core", ...folders.map((folder) => `../../plugins/${folder}`)].map((path) => ({ path }));
  return [
    { path: "packages/builtins/src/list.ts", text: `${head}${plugins.map(entryText).join("")}];\n` },
    { path: "packages/builtins/package.json", text: jsonText({ ...manifest, dependencies }) },
    { path: "packages/builtins/tsconfig.json", text: jsonText({ ...project, references }) },
  ];
}

function versionsOf(plugins: readonly PluginManifest[]): Readonly<Record<string, string>> {
  return Object.fromEntries(plugins.map(({ name, version }) => [name, version]));
}
