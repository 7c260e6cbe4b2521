import { definePlugin, isRotateError, type ObjectSchema, type Reload } from "@rotate/plugin-kit";
import { engineOptions, partFaults, schemaFaults } from "@rotate/plugin-kit/grammar";
import { reloadRules } from "@rotate/testkit";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createCatalog } from "../../src/loading/catalog.ts";
import { engineKeys } from "../../src/loading/engine-keys.ts";
import { fillOptions } from "../../src/loading/fill.ts";
import { kinds, type Kind } from "../../src/loading/kinds.ts";
import * as settings from "../../src/loading/settings.ts";
import { places } from "../../src/loading/kinds.ts";
import { partSchema, specSchema } from "../../src/loading/spec-schema.ts";
import { validate } from "../../src/loading/validator.ts";

const describes = reloadRules.find(({ name }) => name.includes("schema subset"))!;

function reload(options: unknown): Reload {
  return { type: "x", options: options as ObjectSchema, adopts: () => true, run: async () => undefined };
}

/** What the engine says to a plugin with these options. Anything but a clear refusal is thrown on. */
function engineTakes(options: unknown): boolean {
  try {
    createCatalog([{ name: "p", plugin: definePlugin({ reloads: [reload(options)] }) }]);
    return true;
  } catch (error) {
    if (isRotateError(error) && error.code === "INVALID") return false;
    throw error;
  }
}

/** What the contract suite says to them. */
async function suiteTakes(options: unknown): Promise<boolean> {
  try {
    await describes.check({ reload: reload(options) } as never, { options: {} });
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === "AssertionError") return false;
    throw error;
  }
}

const name = fc.constantFrom("a", "b", "kind", "toString", "__proto__", "timeout");
const junk = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom(undefined, Number.NaN, 1n, Symbol("x")));
const duration = fc.constantFrom("1s", "10m", "2h", "soon");

/** Words as they are mostly written; now and then one is missing, strange or has a strange value. */
function words(known: Readonly<Record<string, fc.Arbitrary<unknown>>>, always: object): fc.Arbitrary<object> {
  const sound = fc.record(known, { requiredKeys: [] });
  const strange = fc.dictionary(fc.constantFrom(...Object.keys(known), "type", "secret", "default", "oneOf"), junk, {
    maxKeys: 1,
  });
  return fc
    .tuple(sound, fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: strange }))
    .map(([some, other]) => ({ ...always, ...some, ...other }));
}

const small = fc.integer({ min: 0, max: 4 });
const { schema, object } = fc.letrec<{ schema: unknown; object: object }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    words({ minLength: small, maxLength: small, pattern: fc.constantFrom("^a", "(") }, { type: "string" }),
    words({ default: duration, min: duration, max: duration }, { type: "string", format: "duration" }),
    words({ description: fc.string() }, { type: "string", secret: true }),
    words({ default: small, minimum: small, maximum: small }, { type: "integer" }),
    words({ default: fc.boolean() }, { type: "boolean" }),
    words({ default: fc.constantFrom("x", "y") }, { enum: ["x", "z"] }),
    words({}, { const: "x" }),
    words({ items: tie("schema"), minItems: small, default: fc.constant([]) }, { type: "array" }),
    fc.array(tie("object"), { maxLength: 3 }).map((anyOf) => ({ anyOf })),
    fc
      .array(fc.constantFrom("x", "y", "z"), { minLength: 1, maxLength: 3 })
      .map((kinds_) => ({ anyOf: kinds_.map(tagged) })),
    tie("object"),
    junk,
  ),
  object: words(
    {
      properties: fc.dictionary(name, tie("schema"), { maxKeys: 3 }),
      required: fc.uniqueArray(name, { maxLength: 1 }),
      additionalProperties: fc.oneof(fc.constant(false), tie("schema")),
    },
    { type: "object" },
  ),
}));

function tagged(kind: string): object {
  return { type: "object", properties: { kind: { const: kind } }, required: ["kind"] };
}

const literal = fc.oneof({ weight: 9, arbitrary: object }, { weight: 1, arbitrary: schema });

describe("a schema literal", () => {
  test("gets the same verdict from the engine and from the contract suite, whatever it is", async () => {
    const verdicts = new Set<boolean>();
    await fc.assert(
      fc.asyncProperty(literal, async (options) => {
        const taken = engineTakes(options);
        verdicts.add(taken);
        expect(await suiteTakes(options)).toBe(taken);
      }),
      { numRuns: 2000 },
    );
    expect(verdicts).toEqual(new Set([true, false]));
  });

  test("that is taken can be used: it becomes a schema, and options are filled from it", () => {
    let used = 0;
    fc.assert(
      fc.property(literal, (options) => {
        if (!engineTakes(options)) return;
        used += 1;
        const part = reload(options);
        for (const place of [places.reloads, places.verify]) {
          validate({ schema: partSchema("reloads", part, place), value: { type: "x" }, path: [] });
        }
        const context = { directory: "/", home: "/", report: () => undefined };
        fillOptions(part.options, {}, { path: [], context });
      }),
      { numRuns: 300 },
    );
    expect(used).toBeGreaterThan(10);
  });

  test.each<[string, unknown, RegExp]>([
    ["a secret that is not quite one", { type: "string", secret: "yes" }, /secret: "yes" is not true/],
    ["a secret with a default", { type: "string", secret: true, default: "x" }, /"default" is not a word/],
    ["a secret with a pattern", { type: "string", secret: true, pattern: "x" }, /"pattern" is not a word/],
    ["a format that nobody knows", { type: "string", format: "email" }, /"email" is no format/],
    ["bounds of a duration on another text", { type: "string", min: "1s" }, /"min" is not a word/],
    ["a list of nothing in particular", { type: "array" }, /undefined is no schema/],
    ["anything as additional", { type: "object", additionalProperties: true }, /true is neither false nor a schema/],
    ["a const twice", { anyOf: [tagged("x"), tagged("x")] }, /must be told apart/],
    ["a union of nothing", { anyOf: [] }, /no list of schemas/],
    ["a union of texts", { anyOf: [{ type: "string" }] }, /anyOf joins objects/],
    [
      "a default that is none of the choices",
      { enum: ["x"], default: "y" },
      /"y" is not what the schema itself allows/,
    ],
    ["a default of another type", { type: "integer", default: "1" }, /is not what the schema itself allows/],
    ["a default beyond the bounds", { type: "integer", maximum: 3, default: 4 }, /is not what the schema itself/],
    ["bounds that leave nothing", { type: "string", minLength: 3, maxLength: 2 }, /minLength is above maxLength/],
    ["a bound that is no number", { type: "integer", minimum: "1" }, /minimum: "1" is no number/],
    ["what every object inherits as required", { type: "object", required: ["toString"] }, /"toString" is required/],
  ])("is refused with %s", (_what, inner, sentence) => {
    const options = { type: "object", properties: { a: inner } };
    expect(schemaFaults(options, "x")).toEqual([expect.stringMatching(sentence)]);
    expect(engineTakes(options)).toBe(false);
  });

  test("that holds itself is refused, not followed for ever", () => {
    const properties: Record<string, unknown> = {};
    const options = { type: "object", properties };
    properties["a"] = options;
    expect(schemaFaults(options, "x")).toEqual([expect.stringMatching(/nested too deeply/)]);
  });
});

describe("the engine", () => {
  test("describes its own settings in the same grammar", () => {
    const own = Object.values(settings).filter((each) => typeof each === "object" && "properties" in each);
    expect(own.length).toBeGreaterThan(3);
    for (const each of own) expect(schemaFaults(each, "settings")).toEqual([]);
  });

  test("has a place in the spec for each kind of part, and the schema has each of the places", () => {
    expect(new Set(Object.values(places).map(({ kind }) => kind))).toEqual(new Set(kinds));
    const described = new Set<string>();
    specSchema((place) => (described.add(place), {}));
    expect([...described].toSorted()).toEqual(Object.keys(places).toSorted());
  });

  test("refuses exactly the options that it obeys itself", () => {
    for (const kind of kinds) {
      const more: Partial<Record<Kind, readonly string[]>> = { sinks: ["values"], endpoints: ["rotation"] };
      const obeyed = ["type", ...(more[kind] ?? []), ...Object.keys(engineKeys[kind])];
      expect(engineOptions[kind].toSorted()).toEqual(obeyed.toSorted());
    }
  });

  test("holds a provider to the same sentences: its request, its handle and its fields", () => {
    const provider = { type: "x", options: { type: "object" }, fields: {} };
    const faultsWith = (more: object) => partFaults("providers", { ...provider, ...more });
    expect(faultsWith({})).toEqual([]);
    expect(faultsWith({ request: { type: "object", properties: { ttl: { type: "integer" } } } })).toEqual([
      "x.request: `ttl` is the life asked for, a duration",
    ]);
    expect(faultsWith({ handle: { type: "array" } })).toEqual([expect.stringContaining("x.handle: ")]);
    expect(faultsWith({ fields: { lease: {} } })).toEqual(['x: a field cannot be named "lease"']);
  });
});
