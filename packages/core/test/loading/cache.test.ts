import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createCatalog } from "../../src/loading/catalog.ts";
import { freeze } from "../../src/loading/cache/freeze.ts";
import { loadSpec } from "../../src/loading/load.ts";
import type { Spec } from "../../src/loading/model.ts";
import { sampleCatalog, samplePlugin, soundSpec } from "./sample-plugins.ts";

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rotate-spec-cache-"));
  file = join(directory, "rotate.yaml");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Loads the file, and tells whether the text had to be compiled. */
async function load({ build = "one", catalog = sampleCatalog(), home = "/home/app" } = {}) {
  const before = kept();
  const { spec, diagnostics } = await loadSpec({ file, catalog, home, cache: { directory, build } });
  return { spec, diagnostics, fromCache: before !== undefined && before === kept() };
}

/** The name and age of what is kept. */
function kept(): string | undefined {
  const [name] = readdirSync(directory).filter((entry) => entry.startsWith("spec-"));
  return name === undefined ? undefined : `${name} ${statSync(join(directory, name)).ino}`;
}

const scope = { fields: { token: "t 1" }, lease: { issuedAt: "2026-01-01T00:00:00Z", expiresAt: "never" } };

function rendered(spec: Spec | undefined): unknown {
  return spec?.rotations.map(({ sinks }) =>
    sinks.map(({ values }) => Object.entries(values).map(([key, value]) => [key, value.render(scope)])),
  );
}

const withoutDotenv = { ...samplePlugin, sinks: samplePlugin.sinks.filter(({ type }) => type !== "dotenv") };

const withList = `version: 1
providers:
  cloud: { type: cloud-token, host: https://x.example, auth: { method: pat, token: { env: CLOUD_TOKEN } } }
rotations:
  db:
    provider: cloud
    foreach: { file: list.json, key: name }
    request: { endpoint: "projects/{{ each.name }}/endpoints/a" }
    sinks:
      - { type: dotenv, path: "{{ each.name }}.env", values: { TOKEN: "{{ token }}-{{ each.name }}-{{ token | upcase }}" } }
`;

describe("a spec that has not changed", () => {
  test.each([
    ["with every kind of part", soundSpec],
    ["with a list and templates of Liquid", withList],
    ["with a template in an option that is not secret", soundSpec.replace("user: svc", 'user: "{{ token }}"')],
  ])("is the same spec when it comes from the cache: %s", async (_, text) => {
    writeFileSync(file, text);
    writeFileSync(join(directory, "list.json"), JSON.stringify([{ name: "a" }, { name: "b" }]));
    const first = await load();
    const second = await load();
    expect([first.diagnostics, first.fromCache, second.fromCache]).toEqual([[], false, true]);
    expect(freeze(second.spec!)).toEqual(freeze(first.spec!));
    expect(rendered(second.spec)).toEqual(rendered(first.spec));
    expect(second.spec?.rotations[0]?.provider).toBe([...second.spec!.providers.values()][0]);
    expect(second.spec?.rotations[0]?.provider.part).toBe(first.spec?.rotations[0]?.provider.part);
  });

  test("is kept for its owner's eyes only", async () => {
    writeFileSync(file, soundSpec);
    await load();
    const [name = ""] = readdirSync(directory).filter((entry) => entry.startsWith("spec-"));
    expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toHaveLength(2);
  });
});

describe("a spec is compiled anew", () => {
  beforeEach(async () => {
    writeFileSync(file, withList);
    writeFileSync(join(directory, "list.json"), JSON.stringify([{ name: "a" }]));
    await load();
  });

  test("when a byte of it changes", async () => {
    expect(await load()).toMatchObject({ fromCache: true });
    writeFileSync(file, `${withList}# more\n`);
    expect(await load()).toMatchObject({ fromCache: false });
  });

  test("when an entry of its list changes", async () => {
    writeFileSync(join(directory, "list.json"), JSON.stringify([{ name: "b" }]));
    const { spec, fromCache } = await load();
    expect([spec?.rotations[0]?.name, fromCache]).toEqual(["db.b", false]);
  });

  test("when its list is gone, and then says so", async () => {
    rmSync(join(directory, "list.json"));
    expect(await load()).toMatchObject({ spec: { rotations: [], heldBack: [{ family: "db" }] } });
    writeFileSync(join(directory, "list.json"), JSON.stringify([{ name: "a" }]));
    expect(await load()).toMatchObject({ spec: { rotations: [{ name: "db.a" }], heldBack: [] } });
  });

  test("by another build, and for another home", async () => {
    expect(await load({ build: "two" })).toMatchObject({ fromCache: false });
    expect(await load({ build: "two", home: "/home/other" })).toMatchObject({ fromCache: false });
  });

  test("when a plugin that it names is not there, and then says so", async () => {
    const { spec, diagnostics } = await load({ catalog: createCatalog([{ name: "samples", plugin: withoutDotenv }]) });
    expect([spec, diagnostics.length > 0]).toEqual([undefined, true]);
  });

  test.each([
    ["cut off", (text: string) => text.slice(0, -20)],
    ["empty", () => ""],
    ["full of zeroes", (text: string) => "\0".repeat(text.length)],
  ])("when what was kept is %s", async (_, damage) => {
    const [name = ""] = readdirSync(directory).filter((entry) => entry.startsWith("spec-"));
    const path = join(directory, name);
    writeFileSync(path, damage(readFileSync(path, "utf8")));
    const { spec, fromCache } = await load();
    expect([spec?.rotations[0]?.name, fromCache]).toEqual(["db.a", false]);
  });
});

test("a spec with faults is not kept", async () => {
  writeFileSync(file, soundSpec.replace("version: 1", "version: 2"));
  expect(await load()).toMatchObject({ spec: undefined });
  expect(kept()).toBeUndefined();
});

test("what cannot be written down is compiled each time", async () => {
  writeFileSync(file, soundSpec.replace("auth: {", "patience: { env: PATIENCE }\n    auth: {"));
  const { spec, diagnostics } = await load();
  expect([diagnostics, spec === undefined, kept()]).toEqual([[], false, undefined]);
});

test("a directory that cannot be written to costs nothing but time", async () => {
  writeFileSync(file, soundSpec);
  const missing = { directory: join(directory, "missing"), build: "one" };
  const { spec } = await loadSpec({ file, catalog: sampleCatalog(), home: "/", cache: missing });
  expect(spec?.rotations.length).toBeGreaterThan(0);
});
