/** Programs and packages that misbehave: each is contained, the engine goes on, and no secret gets out. docs/threat-model.md lists them. */
import { chmodSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createContext } from "@rotate/runtime";
import type { Minted, Provider } from "@rotate/plugin-kit";
import { expectNoLeak, mintCanary, envRef } from "@rotate/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadProgram } from "../../src/plugins/plugins.ts";
import { hostilePackages } from "./hostile-packages.ts";
import type { Hostile } from "./hostile-programs.ts";
import { hostilePrograms } from "./hostile-programs.ts";
import { approvedIn, pluginName, projectWith, providerPackage, writeFiles } from "./package-support.ts";
import { minted, pluginWith, programOf, runtimeWith } from "./support.ts";

const node = Number.parseInt(process.versions.node, 10);

function wanted(becomes: Hostile[2]): unknown {
  if (becomes === "minted") return becomes;
  const { message = /./, ...others } = becomes;
  return expect.objectContaining({ name: "RotateError", ...others, message: expect.stringMatching(message) });
}

/** As `test.each` takes them. */
function named(rows: readonly Hostile[]) {
  return rows.map((row) => ({ does: row[0], row }));
}

/** Asks for a mint, and looks that no secret got out. What became of it. */
async function tried({ mint }: Pick<Provider, "mint">, [, , , { limit = 20_000 } = {}]: Hostile): Promise<unknown> {
  const lines: string[] = [];
  const runtime = runtimeWith(lines);
  const key = mintCanary("key", { plain: true }).text;
  runtime.masker.secret(key, "key");
  const surroundings = { ...runtime, env: { ...runtime.env, KEY: key } };
  const { signal } = runtime.deadline(limit);
  const context = createContext({ runtime: surroundings, options: { key: envRef("KEY") }, signal });
  const ctx = { ...context, login: undefined, leaseId: "rotate-test" };
  const outcome = await mint({}, ctx).then(
    (given: Minted) => ({ given, error: undefined }),
    (error: Error & { readonly hint?: string }) => ({ given: undefined, error }),
  );
  const { message = "", hint = "" } = outcome.error ?? {};
  const mask = (text: string): string => runtime.masker.mask(text);
  const token = outcome.given === undefined ? [] : [minted.fields.token];
  await expect.poll(() => expectNoLeak([key, ...token], { log: lines.join("") })).toBeUndefined();
  await expectNoLeak([key], {
    message: mask(message),
    hint: mask(hint),
    handle: JSON.stringify(outcome.given?.handle) ?? "",
  });
  return outcome.error ?? "minted";
}

test.each(named(hostilePrograms))("a program that $does", async ({ row }) => {
  const [, how, becomes] = row;
  const { providers } = await pluginWith(programOf(`const key = (call.options ?? {}).key; ${how}`));
  expect(await tried(providers[0]!, row)).toEqual(wanted(becomes));
});

/** All in one package, so that it is approved once; the lease's id says which is asked for. */
function packageOf(base: string) {
  const cases = hostilePackages.map(([does, how]) => `${JSON.stringify(does)}: async () => { ${how} }`);
  const mint = `const base = ${JSON.stringify(base)}; const key = (await ctx.resolve(ctx.options.key)).reveal();
    const cases = { ${cases.join(",\n")} }; return cases[request.does]();`;
  return providerPackage(mint, { before: `import * as fs from "node:fs";` });
}

const base = mkdtempSync(join(tmpdir(), "rotate-hostile-"));
beforeAll(async () => {
  writeFiles(join(base, "node_modules", pluginName), packageOf(base));
  writeFileSync(join(base, "outside.mjs"), "export default 1");
  await approvedIn(base);
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const stopped = hostilePackages.filter(([, , , { node: first = 0 } = {}]) => first <= node);

test.each(named(stopped))("a package that $does", async ({ does, row }) => {
  const { plugin } = await loadProgram(pluginName, base);
  const [provider] = plugin.providers;
  const mint: Provider["mint"] = (_, ctx) => provider!.mint({ does }, ctx);
  expect(await tried({ mint }, row)).toEqual(wanted(row[2]));
  expect(["written", "link"].filter((name) => existsSync(join(base, name)))).toEqual([]);
});

test("a process that left the group of its program lives on, as the threat model says", async () => {
  const lines: string[] = [];
  const runtime = runtimeWith(lines);
  const how = `if (call.cancel) return; const { pid } = require("node:child_process").spawn("sleep", ["30"], { detached: true, stdio: "ignore" }); console.error("left " + pid);`;
  const { providers } = await pluginWith(programOf(how), runtime);
  const { signal } = runtime.deadline(1_000);
  const ctx = createContext({ runtime, options: {}, signal });
  await expect(providers[0]!.mint({}, { ...ctx, login: undefined, leaseId: "rotate-test" })).rejects.toMatchObject({
    code: "TIMEOUT",
  });
  await expect.poll(() => lines.join("")).toMatch(/left \d+/);
  const pid = Number(/left (\d+)/.exec(lines.join(""))?.[1]);
  expect(process.kill(pid, "SIGKILL")).toBe(true);
});

test.each<readonly [string, (folder: string) => void, RegExp]>([
  ["reads through a link", (folder) => symlinkSync("/etc/passwd", join(folder, "data.txt")), /link/],
  ["reads through a link to a folder", (folder) => symlinkSync("/etc", join(folder, "data")), /link/],
  ["others can write", (folder) => chmodSync(join(folder, "index.js"), 0o666), /others can write/],
  ["is setuid", (folder) => chmodSync(join(folder, "index.js"), 0o4755), /setuid/],
])("a package that %s is not approved", async (_, spoil, message) => {
  const folder = projectWith({ [pluginName]: providerPackage("return minted;") });
  spoil(join(folder, "node_modules", pluginName));
  await expect(approvedIn(folder)).rejects.toMatchObject({ code: "INVALID", message: expect.stringMatching(message) });
});
