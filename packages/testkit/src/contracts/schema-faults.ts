import type { ObjectSchema, Schema } from "@rotate/plugin-kit";
import { parseDuration } from "@rotate/runtime";

const doc = ["title", "description", "examples", "deprecated"];
const words: Readonly<Record<string, readonly string[]>> = {
  string: ["type", "default", "minLength", "maxLength", "pattern", "format", "secret", "min", "max"],
  integer: ["type", "default", "minimum", "maximum"],
  number: ["type", "default", "minimum", "maximum"],
  boolean: ["type", "default"],
  array: ["type", "default", "items", "minItems", "maxItems", "uniqueItems"],
  object: ["type", "properties", "required", "additionalProperties"],
};
const formats = new Set([undefined, "path", "uri", "duration"]);

type Loose = Readonly<Record<string, unknown>>;

function isLoose(value: unknown): value is Loose {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unknownWords(schema: Loose, allowed: readonly string[], path: string): readonly string[] {
  const all = new Set([...doc, ...allowed]);
  return Object.keys(schema)
    .filter((word) => !all.has(word))
    .map((word) => `${path}: ${word} is not a word of the subset`);
}

function isRegExp(pattern: string): boolean {
  try {
    return new RegExp(pattern, "u") instanceof RegExp;
  } catch {
    return false;
  }
}

function textFaults(schema: Loose, path: string): readonly string[] {
  const { format, secret, pattern } = schema;
  const durations = [schema["min"], schema["max"], format === "duration" ? schema["default"] : undefined];
  return [
    ...(formats.has(format as string | undefined) ? [] : [`${path}: the format ${String(format)} is not known`]),
    ...(secret === true && "default" in schema ? [`${path}: a secret has no default`] : []),
    ...(secret !== undefined && secret !== true ? [`${path}: secret is true or absent`] : []),
    ...(typeof pattern === "string" && !isRegExp(pattern) ? [`${path}: the pattern is no regular expression`] : []),
    ...durations
      .filter((text) => text !== undefined && (typeof text !== "string" || parseDuration(text) === undefined))
      .map((text) => `${path}: ${JSON.stringify(text)} is no duration`),
  ];
}

function objectFaults(schema: Loose, path: string): readonly string[] {
  const properties = isLoose(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? (schema["required"] as readonly string[]) : [];
  const rest = schema["additionalProperties"];
  return [
    ...required.filter((name) => !(name in properties)).map((name) => `${path}.${name} is required but not described`),
    ...Object.entries(properties).flatMap(([name, inner]) => faultsAt(inner, `${path}.${name}`)),
    ...(isLoose(rest) ? faultsAt(rest, `${path}.*`) : []),
    ...(rest === undefined || rest === false || isLoose(rest)
      ? []
      : [`${path}: additionalProperties is false or a schema`]),
  ];
}

function constantsOf(branch: Loose): readonly string[] {
  const properties = isLoose(branch["properties"]) ? branch["properties"] : {};
  const required = Array.isArray(branch["required"]) ? (branch["required"] as readonly string[]) : [];
  return required.filter((name) => isLoose(properties[name]) && "const" in properties[name]);
}

function unionFaults(schema: Loose, path: string): readonly string[] {
  const branches = Array.isArray(schema["anyOf"]) ? schema["anyOf"].filter(isLoose) : [];
  const shared = branches
    .map(constantsOf)
    .reduce<readonly string[] | undefined>(
      (common, names) => common?.filter((name) => names.includes(name)) ?? names,
      undefined,
    );
  return [
    ...unknownWords(schema, ["anyOf"], path),
    ...(shared?.length ? [] : [`${path}: the branches of anyOf share no required const to tell them apart`]),
    ...branches.flatMap((branch, at) => faultsAt(branch, `${path}|${at}`)),
  ];
}

function faultsAt(schema: unknown, path: string): readonly string[] {
  if (!isLoose(schema)) return [`${path}: not a schema`];
  if ("const" in schema) return unknownWords(schema, ["const"], path);
  if ("enum" in schema) return unknownWords(schema, ["enum", "default"], path);
  if ("anyOf" in schema) return unionFaults(schema, path);
  const { type } = schema;
  const allowed = typeof type === "string" ? words[type] : undefined;
  if (allowed === undefined)
    return [`${path}: the type ${JSON.stringify(type)} is not one of the subset's for options`];
  return [
    ...unknownWords(schema, allowed, path),
    ...(type === "string" ? textFaults(schema, path) : []),
    ...(type === "array" ? faultsAt(schema["items"], `${path}[]`) : []),
    ...(type === "object" ? objectFaults(schema, path) : []),
  ];
}

/** Where a schema literal for options, a request or a handle leaves our subset of JSON Schema, one sentence each; empty: nowhere. */
export function schemaFaults(schema: ObjectSchema | Schema): readonly string[] {
  return faultsAt(schema, "schema");
}
