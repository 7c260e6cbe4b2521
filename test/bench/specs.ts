import { createCatalog, loadSpec } from "@rotate/core";
import { definePlugin, defineProvider, defineSink } from "@rotate/plugin-kit";
import { parse } from "yaml";
import { compare, type Timing } from "./measure.ts";

const count = 10_000;

async function unused(): Promise<never> {
  throw new Error("the loader calls no plugin");
}

const provider = defineProvider({
  type: "token",
  options: { type: "object", properties: { key: { type: "string", secret: true } }, required: ["key"] },
  fields: { token: { secret: true, description: "a token" } },
  mint: unused,
});
const sink = defineSink({
  type: "dotenv",
  options: { type: "object", properties: { path: { type: "string", format: "path" } }, required: ["path"] },
  keys: { pattern: "[A-Z_]+", description: "an environment variable name" },
  target: ({ path }) => path,
  prepare: unused,
});

function rotationOf(index: number): object {
  const values = { DB_PASSWORD: "{{ token }}", DATABASE_URL: "postgres://svc:{{ token | uri_component }}@db/app" };
  const sinks = [{ type: "dotenv", path: `/srv/app-${index}/.env`, values }];
  return { provider: "issuer", refresh: { before: "10m" }, sinks };
}

/** A spec of ten thousand rotations, loaded and checked, against `JSON.parse` of the same data. @param directory an empty folder, for the cache */
export async function compareSpecs(directory: string, rounds: number): Promise<readonly Timing[]> {
  const catalog = createCatalog([{ name: "bench", plugin: definePlugin({ providers: [provider], sinks: [sink] }) }]);
  const entries = Array.from({ length: count }, (_, index) => [`db-${index}`, rotationOf(index)] as const);
  const providers = { issuer: { type: "token", key: { env: "KEY" } } };
  const json = JSON.stringify({ version: 1, name: "bench", providers, rotations: Object.fromEntries(entries) });
  const lines = entries.map(([name, rotation]) => `  ${name}: ${JSON.stringify(rotation)}`);
  const head = ["version: 1", "name: bench", `providers: ${JSON.stringify(providers)}`, "rotations:"];
  const yaml = [...head, ...lines].join("\n");
  const cache = { directory, build: "bench" };
  return compare(
    [
      { name: "JSON.parse", once: async () => void JSON.parse(json) },
      { name: "the parser of YAML alone", once: async () => void parse(yaml) },
      { name: "loadSpec from JSON", once: () => loaded("/bench.json", json) },
      { name: "loadSpec from YAML", once: () => loaded("/bench.yaml", yaml) },
      { name: "loadSpec from YAML, compiled before", once: () => loaded("/bench.yaml", yaml, cache) },
    ],
    rounds,
  );

  async function loaded(file: string, text: string, kept?: typeof cache): Promise<void> {
    const { spec, diagnostics } = await loadSpec({ file, text, catalog, cache: kept });
    if (spec?.rotations.length !== count) throw new Error(diagnostics[0]?.message ?? "rotations are missing");
  }
}
