/** The built-in parts of a plugin, each as a package of others that was approved; or why it cannot be one. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { createRuntime, loadProgram, programKinds, type ProgramKind, proposePlugin } from "@rotate/core";
import { afterAll } from "vitest";
import { root } from "../support/workspace.ts";

/** A part in a process of its own, or why it is none. `words`: why it is there with plain words for what it computes. */
export type Hosted = { readonly part: unknown; readonly words?: string } | { readonly reason: string };

/** Those that speak another wire than HTTP. */
const open: readonly string[] = ["postgres", "mysql", "redis", "smtp", "http"];

/** What they run. */
const commands: Readonly<Record<string, readonly string[]>> = { systemd: ["systemctl"], databricks: ["databricks"] };

/** What a process of its own cannot do, by plugin or type. */
const impossible: Readonly<Record<string, string>> = {
  files: "it writes files itself: a file sink by others is one that `defineFileSink` makes",
  "aws-credentials": "it writes a file itself",
  "github-actions": "it writes a file itself, and a line that the runner reads",
  jwt: "it makes a key file",
  pgpass: "it writes a file itself",
  process: "it reads processes and runs whatever command the spec names",
};

interface Manifest {
  readonly rotate: Partial<Readonly<Record<ProgramKind, readonly string[]>>>;
}

/** By `providers/vault`. */
export type HostedParts = ReadonlyMap<string, Hosted>;

/** Those of one plugin, until the tests of a file are over. */
export async function hostedParts(plugin: string): Promise<HostedParts> {
  const folder = join(root, "plugins", plugin);
  const { rotate } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  const { [plugin]: reason } = impossible;
  if (reason !== undefined) return new Map(namesIn(rotate).map((name) => [name.join("/"), { reason }]));
  const text = await bundled(folder);
  const project = mkdtempSync(join(tmpdir(), "rotate-hosted-"));
  afterAll(() => rmSync(project, { recursive: true, force: true }));
  const parts = new Map<string, Hosted>();
  for (const [kind, type] of namesIn(rotate))
    parts.set(`${kind}/${type}`, await hostedPart({ project, plugin, text }, kind, type));
  return parts;
}

function namesIn(rotate: Manifest["rotate"]): readonly (readonly [ProgramKind, string])[] {
  return programKinds.flatMap((kind) => (rotate[kind] ?? []).map((type) => [kind, type] as const));
}

async function bundled(folder: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, "src/index.ts")],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    conditions: ["rotate:src"],
    mainFields: ["module", "main"], // `main` first, the default, takes UMD files, whose requires cannot be followed
    external: ["@rotate/plugin-kit", "@rotate/plugin-kit/*", "pg-native", "@node-rs/xxhash", "cardinal"],
    banner: { js: 'const require = process.getBuiltinModule("node:module").createRequire(import.meta.url);' },
    logLevel: "error",
  });
  return outputFiles[0]?.text ?? "";
}

/** What a part of others says in plain words, where a built-in computes it of its options. None of it is about what goes over the wire. */
const plainWords = {
  reloads: `adopts: () => true`,
  sinks: `target: () => "a place"`,
  providers: "",
  probes: "",
  notifiers: "",
} as const;

/** What is read by the suites of a part that computes its `reads`. */
const plainReads: Readonly<Record<string, string>> = {
  "databricks-postgres": `(_, { HOME }) => [{ path: HOME + "/.databrickscfg" }]`,
};

/** As it is; without `reads`; with plain words. The first that is taken. */
async function hostedPart(where: Place, kind: ProgramKind, type: string): Promise<Hosted> {
  if (impossible[type] !== undefined) return { reason: impossible[type] };
  const asItIs = await approved({ ...where, name: `hosted-${kind}-${type}` }, { kind, type, said: "" });
  if ("part" in asItIs) return asItIs;
  const said = `reads: ${plainReads[type] ?? "undefined"}, ${plainWords[kind]}`;
  const otherwise = await approved({ ...where, name: `hosted-words-${kind}-${type}` }, { kind, type, said });
  return "part" in otherwise ? { ...otherwise, words: asItIs.reason } : otherwise;
}

interface Place {
  readonly project: string;
  readonly plugin: string;
  readonly text: string;
}

/** @param said properties that are put over the part's own */
async function approved(
  { project, plugin, text, name }: Place & { readonly name: string },
  { kind, type, said }: { readonly kind: ProgramKind; readonly type: string; readonly said: string },
): Promise<{ readonly part: unknown } | { readonly reason: string }> {
  const folder = join(project, "node_modules", name);
  mkdirSync(folder, { recursive: true });
  const manifest = { name, version: "1.0.0", type: "module", exports: "./index.js" };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(folder, "plugin.js"), text);
  writeFileSync(
    join(folder, "index.js"),
    `import { definePlugin } from "@rotate/plugin-kit";
import plugin from "./plugin.js";
const [part] = plugin.${kind}.filter(({ type }) => type === ${JSON.stringify(type)});
export default definePlugin({ ${kind}: [{ ...part, ${said} }], needs: ${JSON.stringify(needsOf(plugin, text))} });`,
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

/** The suites' services are on this machine. */
function needsOf(plugin: string, text: string): object {
  const variables = [...new Set(text.match(/\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b/g))];
  return {
    hosts: ["127.0.0.1:*", "localhost:*"],
    env: ["HOME", ...variables],
    commands: commands[plugin] ?? [],
    ...(open.includes(plugin) && { network: "open" }),
  };
}
