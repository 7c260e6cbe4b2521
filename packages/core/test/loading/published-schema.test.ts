import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { publishedSchema, publishedSchemaText } from "../../src/loading/published-schema.ts";
import { readYaml } from "../../src/loading/yaml-reader.ts";
import { edited, load } from "./load.ts";
import { sampleCatalog, soundSpec } from "./sample-plugins.ts";

const schema = await publishedSchema(sampleCatalog());
const validate = new Ajv2020({
  strict: true,
  strictRequired: false,
  strictTypes: false,
  allErrors: true,
  formats: { uri: true },
}).compile(schema);

test("the published schema is sound JSON Schema 2020-12 and takes the sound spec", () => {
  validate(readYaml(soundSpec).value);
  expect(validate.errors).toBeNull();
});

test.each([
  ["an unknown option", ["host:", "hots: x\n    host:"]],
  ["an unknown key of a sink", ["path: .env", "path: .env\n        pth: x"]],
  ["an unknown type", ["type: dotenv", "type: dotev"]],
  ["a literal secret", ["{ file: secrets/dbx }", "literal"]],
  ["a wrong method", ["method: oauth-m2m", "method: pat"]],
  ["a bad duration", ["within: 60s", "within: 60"]],
  ["a literal password in verify", ['password: "{{ token }}"', "password: x"]],
] as const)("the published schema and the loader refuse the same: %s", async (_what, edit) => {
  const text = edited(edit);
  expect(validate(readYaml(text).value)).toBe(false);
  expect((await load(text)).spec).toBeUndefined();
});

test("editors are told what each option of each plugin means", () => {
  const { $defs } = schema as { $defs: Record<string, { properties: Record<string, unknown> }> };
  expect(Object.keys($defs)).toEqual(
    expect.arrayContaining([
      "providers.cloud-token",
      "sinks.dotenv",
      "reloads.exec",
      "verify.postgres",
      "health.postgres",
    ]),
  );
  expect($defs["providers.cloud-token"]?.properties["host"]).toMatchObject({ description: "the address of the API" });
  expect(JSON.stringify($defs["health.postgres"])).not.toContain("secretTemplate");
});

test("its text is the same whatever the order of the plugins, so that a drift test can hold it", async () => {
  expect(await publishedSchemaText(sampleCatalog())).toBe(await publishedSchemaText(sampleCatalog()));
  expect(JSON.parse(await publishedSchemaText(sampleCatalog()))).toEqual(schema);
});
