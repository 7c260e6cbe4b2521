import type { ObjectSchema, Schema } from "../schema.ts";
import { fits } from "./fits.ts";
import { discriminatorOf } from "./union.ts";
import { isLoose, type Loose, type Shape, shapeOf, type Words, wordsOf } from "./words.ts";

/** No options are nested like this; a literal that holds itself is. */
const deepest = 32;

/**
 * Where the schema literal of options, a request or a handle leaves our part of JSON Schema, one sentence each; empty: nowhere. Takes any value.
 * @param where it stands, for the sentences
 */
export function schemaFaults(schema: unknown, where: string): readonly string[] {
  if (isLoose(schema) && shapeOf(schema) === "object") return faultsAt(schema, where, 0);
  return [`${where}: options are described by a schema of type "object"`];
}

function faultsAt(schema: unknown, where: string, depth: number): readonly string[] {
  if (!isLoose(schema)) return [`${where}: ${shown(schema)} is no schema`];
  if (depth > deepest) return [`${where}: nested too deeply`];
  const shape = shapeOf(schema);
  if (shape === undefined) return [`${where}: ${typeFault(schema["type"])}`];
  const wrong = wordFaults(schema, wordsOf[shape], where);
  if (wrong.length > 0) return wrong;
  const inner = innerFaults(schema, shape, { where, depth: depth + 1 });
  if (inner.length > 0) return inner;
  return [...boundFaults(schema, where), ...defaultFaults(schema as unknown as Schema, where)];
}

function typeFault(type: unknown): string {
  if (Array.isArray(type)) return "a list of types is for answers, not for options";
  return `the type ${shown(type)} is not in our subset of JSON Schema`;
}

function wordFaults(schema: Loose, words: Words, where: string): readonly string[] {
  return Object.entries(schema).flatMap(([word, value]) => {
    const known = Object.hasOwn(words, word) ? words[word] : undefined;
    if (known === undefined) return [`${where}: "${word}" is not a word of our JSON Schema subset here`];
    return known.holds(value) ? [] : [`${where}.${word}: ${shown(value)} is ${known.wrong}`];
  });
}

interface Place {
  readonly where: string;
  readonly depth: number;
}

function innerFaults(schema: Loose, shape: Shape, { where, depth }: Place): readonly string[] {
  if (shape === "array") return faultsAt(schema["items"], `${where}[]`, depth);
  if (shape === "object") return objectFaults(schema as unknown as ObjectSchema, { where, depth });
  if (shape === "union") return unionFaults(schema["anyOf"] as readonly unknown[], { where, depth });
  return [];
}

function objectFaults(schema: ObjectSchema, { where, depth }: Place): readonly string[] {
  const { properties = {}, required = [], additionalProperties = false } = schema;
  return [
    ...required
      .filter((name) => !Object.hasOwn(properties, name))
      .map((name) => `${where}: "${name}" is required but not among the properties`),
    ...Object.entries(properties).flatMap(([name, inner]) => faultsAt(inner, `${where}.${name}`, depth)),
    ...(additionalProperties === false ? [] : faultsAt(additionalProperties, `${where}.*`, depth)),
  ];
}

function unionFaults(members: readonly unknown[], { where, depth }: Place): readonly string[] {
  const wrong = members.flatMap((member, index) =>
    isLoose(member) && shapeOf(member) === "object"
      ? faultsAt(member, `${where}(${index})`, depth)
      : [`${where}(${index}): anyOf joins objects`],
  );
  if (wrong.length > 0 || discriminatorOf({ anyOf: members as readonly ObjectSchema[] }) !== undefined) return wrong;
  return [
    `${where}: the members of an anyOf must be told apart by one property that each requires as a const of its own`,
  ];
}

const bounds = [
  ["minLength", "maxLength"],
  ["minimum", "maximum"],
  ["minItems", "maxItems"],
] as const;

function boundFaults(schema: Loose, where: string): readonly string[] {
  return bounds
    .filter(([least, most]) => Number(schema[least] ?? -Infinity) > Number(schema[most] ?? Infinity))
    .map(([least, most]) => `${where}: ${least} is above ${most}`);
}

function defaultFaults(schema: Schema, where: string): readonly string[] {
  if (!("default" in schema) || fits(schema, schema.default)) return [];
  return [`${where}: the default ${shown(schema.default)} is not what the schema itself allows`];
}

/** A literal may hold anything, itself included. */
function shown(value: unknown): string {
  const isPlain = value === null || ["string", "number", "boolean", "undefined"].includes(typeof value);
  return isPlain ? (JSON.stringify(value) ?? "undefined") : Array.isArray(value) ? "a list" : `an ${typeof value}`;
}
