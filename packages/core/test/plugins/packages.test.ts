import { chmodSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import kit from "@rotate/plugin-kit/package.json" with { type: "json" };
import { inspectPlugin, loadProgram, proposePlugin } from "../../src/plugins/plugins.ts";
import {
  approvedIn,
  manifest,
  mintWith,
  pluginName,
  projectWith,
  providerPackage,
  writeFiles,
} from "./package-support.ts";
import { contextOf, runtimeWith } from "./support.ts";

const sound = providerPackage("return { ...minted, handle: { pid: process.pid } };");

test("a package runs in a process of its own, which serves all calls", async () => {
  const plugin = await approvedIn(projectWith({ [pluginName]: sound }));
  const [first, second] = [await mintWith(plugin), await mintWith(plugin)];
  expect(first.handle).toEqual(second.handle);
  expect(first.handle).not.toEqual({ pid: process.pid });
});

test("a package imports whatever module the kit exports, and gets rotate's own", async () => {
  const { exports } = kit as { readonly exports: object };
  const modules = Object.keys(exports).flatMap((name) => (name.endsWith(".json") ? [] : [name.slice(1)]));
  const before = modules.map((name) => `import "@rotate/plugin-kit${name}";`).join("\n");
  const plugin = await approvedIn(
    projectWith({ [pluginName]: providerPackage("return { ...minted, handle: {} };", { before }) }),
  );
  expect(await mintWith(plugin)).toMatchObject({ handle: {} });
});

test("a package reads what an option names, where it is given", async () => {
  const reads = {
    "index.js": sound["index.js"]!.replace(
      "handle: {",
      "reads: ({ file }) => (file === undefined ? [] : [{ path: file }, { path: file + '.d' }]),\n    handle: {",
    ),
  };
  const { providers } = await approvedIn(projectWith({ [pluginName]: { ...sound, ...reads } }));
  expect(providers[0]!.reads?.({ file: "/etc/acme" }, {})).toEqual([{ path: "/etc/acme" }, { path: "/etc/acme.d" }]);
  expect(providers[0]!.reads?.({}, {})).toEqual([]);
});

test("however many packages run, one listener waits for the end of rotate", async () => {
  const listeners = process.listenerCount("exit");
  const warned = vi.spyOn(process, "emitWarning");
  const plugins = await Promise.all(Array.from({ length: 12 }, () => approvedIn(projectWith({ [pluginName]: sound }))));
  const minted = await Promise.all(plugins.map((plugin) => mintWith(plugin)));
  expect(new Set(minted.map(({ handle }) => JSON.stringify(handle))).size).toBe(12);
  expect(process.listenerCount("exit")).toBeLessThanOrEqual(listeners + 1);
  expect(warned).not.toHaveBeenCalled();
});

test("nothing is started by loading or looking: what a package is stands in the lock", async () => {
  const folder = projectWith({ [pluginName]: sound });
  await approvedIn(folder);
  writeFiles(join(folder, "node_modules", pluginName), { "index.js": `throw new Error("started")` });
  expect(await inspectPlugin(pluginName, folder)).toMatchObject({
    state: "changed",
    version: "1.0.0",
    types: ["provider acme"],
  });
});

test("a byte that is changed between the load and the start is refused by the file's name, and nothing was minted", async () => {
  const folder = projectWith({ [pluginName]: { ...sound, "lib/nomad.js": "// 1" } });
  const plugin = await approvedIn(folder);
  writeFiles(join(folder, "node_modules", pluginName), { "lib/nomad.js": "// 2", "extra.js": "" });
  await expect(mintWith(plugin)).rejects.toMatchObject({
    code: "INVALID",
    noEffect: true,
    message: `plugin ${pluginName} is not what was approved: added extra.js, changed lib/nomad.js`,
    hint: `look at it, then: rotate plugin approve ${pluginName}`,
  });
  writeFiles(join(folder, "node_modules", pluginName), { "lib/nomad.js": "// 1" });
  rmSync(join(folder, "node_modules", pluginName, "extra.js"));
  expect(await mintWith(plugin)).toMatchObject({ handle: expect.anything() });
});

const withDependency = providerPackage("return { ...minted, handle: { hi } };", {
  before: `import { hi } from "tiny";`,
  more: { dependencies: { tiny: "1" }, optionalDependencies: { rare: "1" } },
});
const tiny = { "package.json": manifest("tiny"), "index.js": `export const hi = "hi";` };
const rare = { "package.json": manifest("rare"), "index.js": "" };

test.each<readonly [string, (modules: string) => void, RegExp]>([
  [
    "a dependency changed",
    (at) => writeFiles(join(at, "tiny"), { "index.js": `export const hi = "ho";` }),
    /changed tiny@1\.0\.0$/,
  ],
  ["a dependency was added", (at) => writeFiles(join(at, "rare"), rare), /added rare@1\.0\.0$/],
  [
    "a dependency has another version",
    (at) => writeFiles(join(at, "tiny"), { "package.json": manifest("tiny", { version: "1.0.1" }) }),
    /added tiny@1\.0\.1$/,
  ],
  ["a dependency is gone", (at) => rmSync(join(at, "tiny"), { recursive: true }), /tiny, which .* depends on/],
  ["the package is gone", (at) => rmSync(join(at, pluginName), { recursive: true }), /there is no such package/],
])("a package is refused when %s", async (_, spoil, message) => {
  const folder = projectWith({ [pluginName]: withDependency, tiny });
  expect(await mintWith(await approvedIn(folder))).toMatchObject({ handle: { hi: "hi" } });
  spoil(join(folder, "node_modules"));
  await expect(loadProgram(pluginName, folder)).rejects.toMatchObject({ message: expect.stringMatching(message) });
});

test("an optional dependency that was approved may be absent on another machine", async () => {
  const folder = projectWith({ [pluginName]: withDependency, tiny, rare });
  await approvedIn(folder);
  rmSync(join(folder, "node_modules/rare"), { recursive: true });
  expect(await mintWith((await loadProgram(pluginName, folder)).plugin)).toMatchObject({ handle: { hi: "hi" } });
});

test("a lock whose hashes were edited by hand is refused, and so is one whose allowances were", async () => {
  const folder = projectWith({ [pluginName]: sound });
  const plugin = await approvedIn(folder);
  const lock = join(folder, "rotate.lock");
  const text = readFileSync(lock, "utf8");
  writeFileSync(lock, text.replace(/("index\.js": "sha256-)./, "$1_"));
  await expect(loadProgram(pluginName, folder)).rejects.toMatchObject({
    code: "INVALID",
    message: expect.stringMatching(/edited by hand/),
  });
  writeFileSync(lock, text.replace('"hosts": []', '"hosts": ["api.acme.com"]'));
  const wider = (await loadProgram(pluginName, folder)).plugin;
  await expect(mintWith(wider)).rejects.toMatchObject({ message: expect.stringMatching(/describes itself otherwise/) });
  await expect(mintWith(plugin)).rejects.toMatchObject({ message: expect.stringMatching(/approved anew/) });
});

test.each<readonly [string, string, RegExp]>([
  ["has no entry", `nothing`, /its package has no entry/],
  ["has no plugin as its default export", `export const plugin = {};`, /no default export/],
  ["is of another API version", `export default { apiVersion: 7, providers: [] };`, /plugin API version 7.*takes 1/],
  ["throws a text when it is loaded", `throw "a text";`, /unexpected error \(string/],
  [
    "has endpoints",
    `import { definePlugin } from "@rotate/plugin-kit"; export default definePlugin({ endpoints: [{ type: "e" }] });`,
    /built-in/,
  ],
  [
    "needs what is none",
    `import { definePlugin } from "@rotate/plugin-kit"; export default definePlugin({ needs: { hosts: ["*"] } });`,
    /`hosts`/,
  ],
  ["ends at once", `process.exit(3);`, /ended without an answer \(exit code 3\)/],
])("a package that %s is not approved", async (_, text, message) => {
  const files: Record<string, string> = { "package.json": manifest(pluginName) };
  if (text !== "nothing") files["index.js"] = text;
  const folder = projectWith({ [pluginName]: files });
  await expect(proposePlugin(pluginName, folder, contextOf(runtimeWith()))).rejects.toMatchObject({
    message: expect.stringMatching(message),
  });
  expect(existsSync(join(folder, "rotate.lock"))).toBe(false);
});

test.each<readonly [string, (folder: string, own: string) => void, RegExp]>([
  ["has a link in it", (_, own) => symlinkSync("/etc/passwd", join(own, "link")), /link is a link$/],
  ["has a setuid file in it", (_, own) => chmodSync(join(own, "index.js"), 0o4755), /index\.js is setuid or setgid$/],
  ["others can write to", (_, own) => chmodSync(join(own, "index.js"), 0o666), /others can write .*index\.js/],
  ["lies in a folder that others can write to", (folder) => chmodSync(folder, 0o777), /others can write /],
  [
    "Yarn keeps in an archive",
    (folder, own) => {
      rmSync(own, { recursive: true });
      writeFileSync(join(folder, ".pnp.cjs"), "");
    },
    /archives/,
  ],
])("a package that %s is refused", async (_, spoil, message) => {
  const folder = projectWith({ [pluginName]: sound });
  await approvedIn(folder);
  spoil(folder, join(folder, "node_modules", pluginName));
  for (const act of [
    () => loadProgram(pluginName, folder),
    () => proposePlugin(pluginName, folder, contextOf(runtimeWith())),
  ])
    await expect(act()).rejects.toMatchObject({ code: "INVALID", message: expect.stringMatching(message) });
});

test("a package that never loads is ended at the time limit", async () => {
  const folder = projectWith({ [pluginName]: { "package.json": manifest(pluginName), "index.js": "for (;;);" } });
  await expect(proposePlugin(pluginName, folder, contextOf(runtimeWith(), { limit: 1500 }))).rejects.toMatchObject({
    code: "TIMEOUT",
  });
});
