import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { bundle } from "../scripts/bundle.ts";
import { faultsOfBundle } from "../scripts/check-bundle.ts";
import { folderWith } from "./support.ts";

const root = resolve(import.meta.dirname, "..");

interface Dependency {
  readonly manifest: object;
  readonly files: Readonly<Record<string, string>>;
}

/** Bundles a module that imports this package only when it is asked to. */
async function bundleWith(name: string, { manifest, files }: Dependency) {
  const folder = folderWith({ "entry.ts": `export const load = () => import("${name}");\n` });
  const place = join(folder, "node_modules", name);
  mkdirSync(place, { recursive: true });
  for (const [file, text] of Object.entries({ ...files, "package.json": JSON.stringify({ name, ...manifest }) }))
    writeFileSync(join(place, file), text);
  const output = join(folder, "out");
  const metafile = await bundle(output, [{ in: join(folder, "entry.ts"), out: "entry" }]);
  const { load } = (await import(pathToFileURL(join(output, "entry.js")).href)) as { load: () => Promise<object> };
  return { metafile, load };
}

const commonJs: Dependency = {
  manifest: { main: "index.js" },
  files: { "index.js": `exports.parse = () => "parsed"; exports.default = 1; exports.delete = 2;\n` },
};

test("a CommonJS package that is imported late has the names that Node gives it", async () => {
  const { load, metafile } = await bundleWith("old-style", commonJs);
  const loaded = await load();
  expect(loaded).toMatchObject({ parse: expect.any(Function), delete: 2 });
  expect(loaded).toHaveProperty("default.parse");
  expect(await faultsOfBundle(metafile, root)).toEqual([]);
});

test("of a package with an UMD entry and an ES module, the ES module goes in", async () => {
  const { load } = await bundleWith("both", {
    manifest: { main: "umd.js", module: "esm.mjs" },
    files: {
      "umd.js": `(function (factory) { factory(require, exports); })((require, exports) => require("./impl"));\n`,
      "esm.mjs": `export const kind = "module";\n`,
    },
  });
  expect(await load()).toMatchObject({ kind: "module" });
});

test("a package whose requires cannot be followed does not get published", async () => {
  const umd = `(function (factory) { factory(require, exports); })((require, exports) => require("./impl"));\n`;
  const built = bundleWith("umd-only", { manifest: { main: "umd.js" }, files: { "umd.js": umd, "impl.js": "" } });
  await expect(built).rejects.toThrow(/umd-only\/umd\.js/);
});

test("a late module that lost a name, or does not load, does not get published", async () => {
  const { metafile } = await bundleWith("old-style", commonJs);
  const [chunk = ""] = Object.keys(metafile.outputs).filter((path) => path.includes("/chunks/old-style"));
  writeFileSync(resolve(root, chunk), "export default 1;\n");
  expect(await faultsOfBundle(metafile, root)).toEqual([
    expect.stringMatching(/no delete, which /),
    expect.stringMatching(/no parse, which /),
  ]);
});
