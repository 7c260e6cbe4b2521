/** The built-in parts of the plugin whose tests run, each as a package of others that was approved; or why it cannot be one. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { createRuntime, loadProgram, proposePlugin } from "@rotate/core";
import { afterAll, expect } from "vitest";
import { root } from "../support/workspace.ts";

/** A part in a process of its own, or why it is none. */
export type Hosted = { readonly part: unknown } | { readonly reason: string };

const kinds = ["providers", "sinks", "reloads", "probes", "notifiers"] as const;

/** Those that speak another wire than HTTP. */
const open: readonly string[] = ["postgres", "mysql", "redis", "smtp", "http"];

/** What a process of its own cannot do, by plugin or type. */
const impossible: Readonly<Record<string, string>> = {
  files: "it writes files itself: a file sink by others is one that `defineFileSink` makes",
  "aws-credentials": "it writes a file itself",
  jwt: "it makes a key file",
  process: "it reads processes and runs whatever command the spec names",
};

interface Manifest {
  readonly rotate: Partial<Readonly<Record<(typeof kinds)[number], readonly string[]>>>;
}

/** By `providers/vault`. Of the plugin in whose folder this test file is. */
export async function hostedParts(): Promise<{ readonly parts: ReadonlyMap<string, Hosted> }> {
  const [, plugin = ""] = /\/plugins\/([^/]+)\//.exec(String(expect.getState().testPath)) ?? [];
  const folder = join(root, "plugins", plugin);
  const { rotate } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  const { [plugin]: reason } = impossible;
  if (reason !== undefined) return { parts: new Map(namesIn(rotate).map((name) => [name.join("/"), { reason }])) };
  const text = await bundled(folder);
  const project = mkdtempSync(join(tmpdir(), "rotate-hosted-"));
  afterAll(() => rmSync(project, { recursive: true, force: true }));
  const parts = new Map<string, Hosted>();
  for (const [kind, type] of namesIn(rotate))
    parts.set(`${kind}/${type}`, await hostedPart({ project, plugin, text }, kind, type));
  return { parts };
}

function namesIn(rotate: Manifest["rotate"]): readonly (readonly [(typeof kinds)[number], string])[] {
  return kinds.flatMap((kind) => (rotate[kind] ?? []).map((type) => [kind, type] as const));
}

async function bundled(folder: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, "src/index.ts")],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    conditions: ["rotate:src"],
    external: ["@rotate/plugin-kit", "@rotate/plugin-kit/*", "pg-native", "@node-rs/xxhash", "cardinal"],
    banner: { js: 'const require = process.getBuiltinModule("node:module").createRequire(import.meta.url);' },
    logLevel: "error",
  });
  return outputFiles[0]?.text ?? "";
}

/** `reads`, which looks into more than options, is left out: what it says is for the engine, and no suite asks for it. */
async function hostedPart(
  { project, plugin, text }: { readonly project: string; readonly plugin: string; readonly text: string },
  kind: (typeof kinds)[number],
  type: string,
): Promise<Hosted> {
  if (impossible[type] !== undefined) return { reason: impossible[type] };
  const name = `hosted-${kind}-${type}`;
  const folder = join(project, "node_modules", name);
  const variables = [...new Set(text.match(/\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b/g))];
  const needs = {
    hosts: ["127.0.0.1:*", "localhost:*"],
    env: ["HOME", ...variables],
    ...(open.includes(plugin) && { network: "open" }),
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name, version: "1.0.0", type: "module", exports: "./index.js" }),
  );
  writeFileSync(join(folder, "plugin.js"), text);
  writeFileSync(
    join(folder, "index.js"),
    `import { definePlugin } from "@rotate/plugin-kit";
import plugin from "./plugin.js";
export default definePlugin({ ${kind}: plugin.${kind}.filter(({ type }) => type === ${JSON.stringify(type)}).map(({ reads, ...part }) => part), needs: ${JSON.stringify(needs)} });`,
  );
  const runtime = createRuntime({ log: { write: () => undefined } });
  const { signal, clear } = runtime.deadline(60_000);
  try {
    await (await proposePlugin(name, project, { ...runtime, signal })).approve();
    return { part: (await loadProgram(name, project)).plugin[kind][0] };
  } catch (error) {
    return { reason: (error as Error).message.replace(/^.*unexpected error \(Error: (.*)\)$/, "$1") };
  } finally {
    clear();
  }
}
