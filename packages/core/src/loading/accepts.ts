import { isRecord } from "./fault.ts";
import { definitions, type JsonSchema } from "./rewrite.ts";

/** True only when the value passes the schema, and every word of the schema is known here. */
export type Accepts = (schema: JsonSchema | boolean, value: unknown) => boolean;

type Check = (argument: unknown, value: unknown, schema: JsonSchema) => boolean;

/**
 * Judges values by the words of JSON Schema that our schemas are made of, without compiling anything. A sound spec thus needs no validator
 * library at all; for one that is not accepted, ajv is asked for the reasons. A test holds the two against each other.
 */
export function createAcceptor(): Accepts {
  const patterns = new Map<string, RegExp>();
  const checks: Readonly<Record<string, Check>> = {
    ...scalarChecks,
    pattern: (source, value) => typeof value !== "string" || compiled(patterns, String(source)).test(value),
    items: (items, value) => !Array.isArray(value) || value.every((item) => accepts(items as JsonSchema, item)),
    allOf: (schemas, value) => (schemas as readonly JsonSchema[]).every((schema) => accepts(schema, value)),
    $ref: (name, value) => accepts(definitions[String(name).slice("#/$defs/".length)] ?? false, value),
    if: (condition, value, schema) =>
      accepts((schema[accepts(condition as JsonSchema, value) ? "then" : "else"] ?? true) as JsonSchema, value),
    properties: (properties, value) =>
      !isRecord(value) ||
      // By what stands there: a rotation says a few of all that it may say.
      Object.keys(value).every(
        (key) =>
          !Object.hasOwn(properties as JsonSchema, key) ||
          accepts((properties as JsonSchema)[key] as JsonSchema, value[key]),
      ),
    propertyNames: (schema, value) =>
      !isRecord(value) || Object.keys(value).every((key) => accepts(schema as JsonSchema, key)),
    additionalProperties: (schema, value, { properties, patternProperties }) =>
      !isRecord(value) ||
      Object.keys(value).every(
        (key) =>
          isNamed(key, properties) || isMatched(key, patternProperties) || accepts(schema as JsonSchema, value[key]),
      ),
    patternProperties: (schemas) => Object.values(schemas as JsonSchema).every((schema) => schema === true),
  };
  function isMatched(key: string, schemas: unknown): boolean {
    return isRecord(schemas) && Object.keys(schemas).some((source) => compiled(patterns, source).test(key));
  }
  function accepts(schema: JsonSchema | boolean, value: unknown): boolean {
    if (typeof schema === "boolean") return schema;
    return Object.keys(schema).every(
      (word) => silent.has(word) || checks[word]?.(schema[word], value, schema) === true,
    );
  }
  return accepts;
}

/** Words that judge nothing by themselves. */
const silent = new Set(["$comment", "title", "description", "examples", "deprecated", "default", "then", "else"]);

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  number: Number.isFinite,
  integer: (value) => Number.isFinite(value) && Number.isInteger(value),
  boolean: (value) => typeof value === "boolean",
  array: Array.isArray,
  object: isRecord,
};

const scalarChecks: Readonly<Record<string, Check>> = {
  type: (type, value) => types[String(type)]?.(value) === true,
  const: (wanted, value) => value === wanted,
  enum: (wanted, value) => (wanted as readonly unknown[]).includes(value),
  minLength: (least, value) => typeof value !== "string" || Array.from(value).length >= Number(least),
  maxLength: (most, value) => typeof value !== "string" || value.length <= Number(most),
  minimum: (least, value) => typeof value !== "number" || value >= Number(least),
  maximum: (most, value) => typeof value !== "number" || value <= Number(most),
  minItems: (least, value) => !Array.isArray(value) || value.length >= Number(least),
  maxItems: (most, value) => !Array.isArray(value) || value.length <= Number(most),
  uniqueItems: (wanted, value) => wanted === false || !Array.isArray(value) || isDistinct(value),
  minProperties: (least, value) => !isRecord(value) || Object.keys(value).length >= Number(least),
  maxProperties: (most, value) => !isRecord(value) || Object.keys(value).length <= Number(most),
  required: (keys, value) => !isRecord(value) || (keys as readonly string[]).every((key) => isNamed(key, value)),
  format: (format, value) => typeof value !== "string" || (format === "uri" && isUrl(value)),
};

/** A URL, or a text from which `foreach` is still to make one. */
export function isUrl(text: string): boolean {
  return URL.canParse(text) || text.includes("{{");
}

function isNamed(key: string, record: unknown): boolean {
  return isRecord(record) && Object.hasOwn(record, key) && record[key] !== undefined;
}

function isDistinct(values: readonly unknown[]): boolean {
  return values.every((value) => typeof value !== "object") && new Set(values).size === values.length;
}

function compiled(patterns: Map<string, RegExp>, source: string): RegExp {
  const known = patterns.get(source) ?? new RegExp(source, "u");
  patterns.set(source, known);
  return known;
}
