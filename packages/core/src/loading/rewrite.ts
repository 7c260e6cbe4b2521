import type { ObjectSchema, Schema, UnionSchema } from "@rotate/plugin-kit";
import { discriminatorOf, durationPattern } from "@rotate/plugin-kit/grammar";

/** JSON Schema 2020-12, as ajv and editors read it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What may stand for a text at this place of the spec. */
export interface Place {
  /** References to where the text is read. The engine's own settings take none. */
  readonly references: boolean;
  /** A secret option may be a template: there is a new credential. */
  readonly templates: boolean;
}

type StringSchema = Extract<Schema, { readonly type: "string" }>;
type StringWords = Extract<StringSchema, { readonly pattern?: string }>;

/** Longest text that is held against a plugin's pattern, so that a bad pattern cannot take for ever. */
const longestMatched = 2048;

/** Marks in `$comment`, by which a fault is explained. */
export const marks = { reference: "reference", template: "template", duration: "duration" } as const;

const text = { type: "string", minLength: 1 };

/** A choice of schemas by a condition. */
export function choice(
  ...schemas: readonly [condition: JsonSchema, met: JsonSchema, otherwise?: JsonSchema]
): JsonSchema {
  return Object.fromEntries(schemas.map((schema, index) => [choiceWords[index], schema]));
}

const choiceWords = ["if", "then", "else"];

/** The definitions that rewritten schemas refer to. */
export const definitions: Readonly<Record<string, JsonSchema>> = {
  reference: {
    $comment: marks.reference,
    type: "object",
    description: "where the text is read, anew at each use",
    properties: {
      env: { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_]*$", description: "the name of an environment variable" },
      file: { ...text, description: "a file that holds the text; relative to the spec" },
      exec: {
        type: "array",
        items: { type: "string" },
        minItems: 1,
        description: "a command that prints the text, word by word",
      },
      credential: { type: "string", pattern: "^[A-Za-z0-9_.-]+$", description: "the name of a systemd credential" },
    },
    minProperties: 1,
    maxProperties: 1,
    additionalProperties: false,
  },
  secretTemplate: {
    description: "a reference, or a template of the new credential's fields",
    ...choice(
      { type: "string" },
      { $comment: marks.template, type: "string", pattern: "\\{\\{|\\{%" },
      { $ref: "#/$defs/reference" },
    ),
  },
};

/** The one rewrite of a plugin's schema literal: what ajv checks a spec with, and what the published schema shows to editors. */
export function rewrite(schema: Schema, place: Place): JsonSchema {
  if ("const" in schema || "enum" in schema) return { ...schema };
  if ("anyOf" in schema) return rewriteUnion(schema, place);
  if (schema.type === "object") return rewriteObject(schema, place);
  if (schema.type === "array") return { ...schema, items: rewrite(schema.items, place) };
  if (schema.type === "string") return rewriteString(schema, place);
  return { ...schema };
}

function rewriteUnion({ anyOf, ...documentation }: UnionSchema, place: Place): JsonSchema {
  const discriminator = discriminatorOf({ anyOf });
  const { tag, members } = discriminator ?? { tag: "type", members: new Map<unknown, ObjectSchema>() };
  const branches = [...members].map(([value, member]) =>
    choice({ type: "object", properties: { [tag]: { const: value } }, required: [tag] }, rewrite(member, place)),
  );
  return {
    ...documentation,
    type: "object",
    properties: { [tag]: { enum: [...members.keys()] } },
    required: [tag],
    allOf: branches,
  };
}

function rewriteObject({ properties, additionalProperties = false, ...rest }: ObjectSchema, place: Place): JsonSchema {
  const known = Object.entries(properties ?? {}).map(([key, schema]) => [key, rewrite(schema, place)] as const);
  const others = additionalProperties === false ? false : rewrite(additionalProperties, place);
  return { ...rest, properties: Object.fromEntries(known), additionalProperties: others };
}

function rewriteString(schema: StringSchema, place: Place): JsonSchema {
  const { title, description, examples, deprecated } = schema;
  const documentation = Object.fromEntries(
    Object.entries({ title, description, examples, deprecated }).filter(([, value]) => value !== undefined),
  );
  if (schema.secret === true) {
    return { ...documentation, $ref: place.templates ? "#/$defs/secretTemplate" : "#/$defs/reference" };
  }
  const plain = schema.format === "duration" ? durationText({ ...schema }) : plainText(schema, place);
  if (!place.references) return plain;
  return { ...documentation, ...choice({ type: "object" }, { $ref: "#/$defs/reference" }, plain) };
}

function durationText({ format: _format, min: _min, max: _max, ...rest }: Record<string, unknown>): JsonSchema {
  return { ...rest, $comment: marks.duration, pattern: durationPattern };
}

/** In a plugin's options a pattern lets `{{ each.key }}` through: an editor sees the text before it is filled in, and we only after. */
function plainText(schema: StringWords, { references }: Place): JsonSchema {
  const { format, pattern, minLength, maxLength, template: _template, ...rest } = schema;
  const least = minLength ?? (format === "path" ? 1 : undefined);
  const most = maxLength ?? (pattern === undefined ? undefined : longestMatched);
  return {
    ...rest,
    ...(least !== undefined && { minLength: least }),
    ...(most !== undefined && { maxLength: most }),
    ...(pattern !== undefined && { pattern: references ? `${pattern}|\\{\\{\\s*each\\.` : pattern }),
    ...(format === "uri" && { format }),
  };
}
