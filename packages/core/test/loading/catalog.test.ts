import {
  definePlugin,
  defineReload,
  defineSink,
  type ObjectSchema,
  type Plugin,
  type Reload,
} from "@rotate/plugin-kit";
import { describe, expect, test } from "vitest";
import { createCatalog } from "../../src/loading/catalog.ts";
import { loadSpec } from "../../src/loading/load.ts";
import { samplePlugin, soundSpec } from "./sample-plugins.ts";

function reload(type: string, options: ObjectSchema): Reload {
  return defineReload({
    type,
    options,
    adopts: () => true,
    run: async () => {},
  });
}

function withReload(options: ObjectSchema, type = "x"): () => unknown {
  return () => createCatalog([{ name: "p", plugin: definePlugin({ reloads: [reload(type, options)] }) }]);
}

const types = {
  providers: ["cloud-token", "vault"],
  sinks: ["dotenv", "file", "json"],
  reloads: ["exec"],
  probes: ["http", "postgres"],
  notifiers: ["http"],
  endpoints: ["door", "window"],
};

async function load(): Promise<Plugin> {
  throw new Error("Cannot find package");
}

describe("a catalog", () => {
  test("finds parts by kind and type", async () => {
    const catalog = createCatalog([{ name: "samples", plugin: samplePlugin }]);
    expect(catalog.types("sinks")).toEqual(["dotenv", "file", "json"]);
    expect((await catalog.find("sinks", "dotenv"))?.type).toBe("dotenv");
    expect(await catalog.find("sinks", "postgres")).toBeUndefined();
  });

  test("loads only the plugins that a spec names, each once", async () => {
    const loaded: string[] = [];
    const lazy = (name: string, contributed: typeof types | object, plugin: Plugin) => ({
      name,
      types: contributed,
      load: async () => (loaded.push(name), plugin),
    });
    const other = definePlugin({ reloads: [reload("other", { type: "object" })] });
    const catalog = createCatalog([lazy("samples", types, samplePlugin), lazy("other", { reloads: ["other"] }, other)]);
    expect(loaded).toEqual([]);
    const { spec } = await loadSpec({ file: "/x.yaml", text: soundSpec, catalog });
    expect(spec).toBeDefined();
    expect(loaded).toEqual(["samples"]);
  });

  test("refuses two plugins that claim one type", () => {
    const one = definePlugin({ reloads: [reload("x", { type: "object" })] });
    expect(() =>
      createCatalog([
        { name: "a", plugin: one },
        { name: "b", types: { reloads: ["x"] }, load: async () => one },
      ]),
    ).toThrow('two plugins claim the reload type "x": a and b');
    expect(() => createCatalog([{ name: "a", plugin: one }]).with([{ name: "b", plugin: one }])).toThrow(
      /two plugins claim/,
    );
  });

  test("refuses a plugin of another API", () => {
    const plugin = { ...samplePlugin, apiVersion: 2 } as unknown as Plugin;
    expect(() => createCatalog([{ name: "new", plugin }])).toThrow(
      "plugin new: speaks plugin API version 2; this rotate speaks 1",
    );
  });

  test("refuses a plugin that is not what its entry promised", async () => {
    const catalog = createCatalog([{ name: "liar", types: { sinks: ["dotenv"] }, load: async () => samplePlugin }]);
    await expect(catalog.find("sinks", "dotenv")).rejects.toThrow(/plugin liar contributes the providers/);
  });

  test("tells in the spec's diagnostics that a plugin cannot be loaded", async () => {
    const { diagnostics } = await loadSpec({
      file: "/x.yaml",
      text: soundSpec,
      catalog: createCatalog([{ name: "@x/samples", types, load }]),
    });
    expect(diagnostics).toMatchObject([
      { message: "plugin @x/samples could not be loaded", hint: "is the package @x/samples installed whole?" },
    ]);
  });

  test("takes the plugins that a spec names when the caller can load them", async () => {
    const names: string[] = [];
    const { spec } = await loadSpec({
      file: "/etc/app/x.yaml",
      text: soundSpec.replace("name: demo", "name: demo\nplugins: [rotate-plugin-samples]"),
      catalog: createCatalog([]),
      loadPlugin: async (name, directory) => {
        names.push(`${name} in ${directory}`);
        return { name, plugin: samplePlugin };
      },
    });
    expect(names).toEqual(["rotate-plugin-samples in /etc/app"]);
    expect(spec?.rotations).toHaveLength(1);
  });
});

describe("an option schema outside the contract is refused:", () => {
  test.each<[string, ObjectSchema, RegExp]>([
    [
      "a union without a discriminator",
      { type: "object", properties: { a: { anyOf: [{ type: "object" }, { type: "object" }] } } },
      /must be told apart/,
    ],
    [
      "a key of the engine",
      { type: "object", properties: { timeout: { type: "integer" } } },
      /"timeout" belongs to the engine/,
    ],
    [
      "a default that is no duration",
      { type: "object", properties: { a: { type: "string", format: "duration", default: "soon" } } },
      /"soon" is no duration/,
    ],
    [
      "a pattern that is none",
      { type: "object", properties: { a: { type: "string", pattern: "(" } } },
      /is no regular expression/,
    ],
    ["a required key that is not there", { type: "object", required: ["a"] }, /"a" is required but not among/],
    [
      "a word that we do not know",
      { type: "object", properties: { a: { type: "string", contentEncoding: "base64" } as never } },
      /"contentEncoding" is not a word/,
    ],
    [
      "a list of types",
      { type: "object", properties: { a: { type: ["string", "null"] } } },
      /a list of types is for answers/,
    ],
  ])("%s", (_what, options, expected) => {
    expect(withReload(options)).toThrow(expected);
  });

  test("a type that is no word", () => {
    expect(withReload({ type: "object" }, "Not a word")).toThrow(/a type is lower-case/);
  });

  test("a sink's keys that are no pattern", () => {
    const sink = defineSink({
      type: "s",
      options: { type: "object" },
      keys: { pattern: "[", description: "x" },
      target: () => "x",
      prepare: async () => ({ changed: false, commit: async () => {} }),
    });
    expect(() => createCatalog([{ name: "p", plugin: definePlugin({ sinks: [sink] }) }])).toThrow(
      /p: s\.keys: the pattern \[ is no regular expression/,
    );
  });
});
