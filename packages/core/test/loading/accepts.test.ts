import fc from "fast-check";
import { expect, test } from "vitest";
import { kinds, placeRows } from "../../src/loading/kinds.ts";
import { createAcceptor } from "../../src/loading/accepts.ts";
import { readJson } from "../../src/loading/json-reader.ts";
import { partSchema, specSchema } from "../../src/loading/spec-schema.ts";
import { validate } from "../../src/loading/validator.ts";
import { readYaml } from "../../src/loading/yaml-reader.ts";
import { samplePlugin, soundSpec } from "./sample-plugins.ts";

const core = specSchema(() => ({ type: "object", properties: { type: { type: "string" } }, required: ["type"] }));
const parts = placeRows.flatMap(([, row]) => samplePlugin[row.kind].map((part) => partSchema(row.kind, part, row)));
const accepts = createAcceptor();
const document = readYaml(soundSpec).value;

/** Values that are near to what the schemas want. */
const nearValue = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    3,
    2.5,
    NaN,
    Infinity,
    "",
    "1h",
    "x",
    "{{ token }}",
    "https://x.example.com",
    "0640",
    [],
    ["a"],
    ["a", "a"],
    {},
  ),
  fc.constantFrom<unknown>(
    { env: "A" },
    { env: "a b" },
    { file: "x" },
    { exec: [] },
    { file: "x", env: "A" },
    { at: "66%" },
    { type: "exec" },
    { method: "pat", token: { env: "T" } },
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

function pathsIn(value: unknown): readonly (readonly (string | number)[])[] {
  if (typeof value !== "object" || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([key, inner]) => pathsIn(inner).map((path) => [key, ...path]))];
}

function replaced(value: unknown, [step, ...rest]: readonly (string | number)[], replacement: unknown): unknown {
  if (step === undefined) return replacement;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[step] = replaced(copy[step], rest, replacement);
  return copy;
}

test("what is accepted without ajv is what ajv accepts, for the whole spec", () => {
  const paths = pathsIn(document);
  fc.assert(
    fc.property(fc.nat(paths.length - 1), nearValue, (index, value) => {
      const changed = replaced(document, paths[index] ?? [], value);
      expect(accepts(core, changed)).toBe(validate({ schema: core, value: changed, path: [] }).length === 0);
    }),
    { numRuns: 3000 },
  );
});

test("what is accepted without ajv is what ajv accepts, for the options of every plugin", () => {
  const keys = fc.constantFrom(
    "type",
    "host",
    "auth",
    "path",
    "mode",
    "values",
    "content",
    "command",
    "env",
    "url",
    "timeout",
    "within",
    "partial",
    "retries",
    "patience",
    "password",
    "user",
    "port",
    "zzz",
  );
  const types = fc.constantFrom(...kinds.flatMap((kind) => samplePlugin[kind].map(({ type }) => type)));
  const options = fc
    .tuple(types, fc.dictionary(keys, nearValue, { maxKeys: 6 }))
    .map(([type, rest]) => ({ type, ...rest }));
  fc.assert(
    fc.property(fc.constantFrom(...parts), options, (schema, value) => {
      expect(accepts(schema, value)).toBe(validate({ schema, value, path: [] }).length === 0);
    }),
    { numRuns: 5000 },
  );
});

test("a word that is not known is not accepted", () => {
  expect(accepts({ contains: true }, [])).toBe(false);
});

test("sound JSON is read without the YAML parser, to the same value", () => {
  const json = fc.dictionary(fc.stringMatching(/^[a-z"\\:{ ]{1,6}$/), fc.jsonValue({ maxDepth: 3 }));
  fc.assert(
    fc.property(json, (value) => {
      const text = JSON.stringify(value);
      expect(readJson(text) ?? readYaml(text).value).toEqual(readYaml(text).value);
    }),
    { numRuns: 1000 },
  );
});
