import { RotateError, type ObjectSchema, type Plugin, type Schema } from "@rotate/plugin-kit";
import { parseDuration } from "@rotate/runtime";
import type { Kind } from "./kinds.ts";
import { isEngineKey } from "./engine-keys.ts";
import { reservedFields } from "./template.ts";
import { discriminatorOf } from "./union.ts";

const typePattern = /^[a-z][a-z0-9-]{0,62}$/;
const documentation = ["title", "description", "examples", "deprecated"];
const words: Readonly<Record<string, readonly string[]>> = {
  string: ["default", "minLength", "maxLength", "pattern", "format", "secret", "min", "max"],
  integer: ["default", "minimum", "maximum"],
  number: ["default", "minimum", "maximum"],
  boolean: ["default"],
  array: ["default", "items", "minItems", "maxItems", "uniqueItems"],
  object: ["properties", "required", "additionalProperties"],
};

/**
 * Holds a plugin against the contract: its API version, and option schemas inside our subset of JSON Schema.
 * Throws RotateError INVALID that names the first place that breaks it.
 */
export function checkPlugin(name: string, plugin: Plugin): void {
  if (plugin.apiVersion !== 1) {
    throw unsound(name, `speaks plugin API version ${String(plugin.apiVersion)}; this rotate speaks 1`);
  }
  for (const part of plugin.providers) {
    checkOptions(name, "providers", part);
    if (part.request !== undefined) checkRequest(`${name}: ${part.type}.request`, part.request);
    if (typeof part.fields !== "function") checkFields(`${name}: ${part.type}`, Object.keys(part.fields));
  }
  for (const part of plugin.sinks) {
    checkOptions(name, "sinks", part);
    if (part.keys !== undefined) checkPattern(`${name}: ${part.type}.keys`, part.keys.pattern);
  }
  for (const part of plugin.reloads) checkOptions(name, "reloads", part);
  for (const part of plugin.probes) checkOptions(name, "probes", part);
}

/** Throws RotateError INVALID for a field of a credential whose name belongs to the engine. */
export function checkFields(where: string, fields: readonly string[]): void {
  const taken = fields.find((field) => reservedFields.includes(field));
  if (taken !== undefined) throw unsound(where, `a field cannot be named "${taken}"`);
}

function unsound(where: string, message: string): RotateError {
  return new RotateError(`plugin ${where}: ${message}`, {
    code: "INVALID",
    retryable: false,
    hint: "this is a fault of the plugin, not of the spec",
  });
}

function checkOptions(name: string, kind: Kind, part: { readonly type: string; readonly options: ObjectSchema }): void {
  const where = `${name}: ${part.type}`;
  if (!typePattern.test(part.type)) throw unsound(where, "a type is lower-case letters, digits and dashes");
  const owned = Object.keys(part.options.properties ?? {}).find((key) => isEngineKey(kind, key));
  if (owned !== undefined) throw unsound(where, `the option "${owned}" belongs to the engine`);
  checkSchema(where, part.options);
}

function checkRequest(where: string, request: ObjectSchema): void {
  const ttl = request.properties?.["ttl"];
  if (ttl !== undefined && !("format" in ttl && ttl.format === "duration")) {
    throw unsound(where, "`ttl` is the life asked for, a duration");
  }
  checkSchema(where, request);
}

function checkSchema(where: string, schema: Schema): void {
  if ("const" in schema) return checkWords(where, schema, ["const"]);
  if ("enum" in schema) return checkWords(where, schema, ["enum", "default"]);
  if ("anyOf" in schema) return checkUnion(where, schema.anyOf);
  if (typeof schema.type !== "string") throw unsound(where, "a list of types is for answers, not for options");
  const known = words[schema.type];
  if (known === undefined) throw unsound(where, `the type "${schema.type}" is not in our subset`);
  checkWords(where, schema, ["type", ...known]);
  if (schema.type === "string") checkString(where, schema);
  if (schema.type === "array") checkSchema(`${where}[]`, schema.items);
  if (schema.type === "object") checkObject(where, schema);
}

function checkWords(where: string, schema: object, known: readonly string[]): void {
  const strange = Object.keys(schema).find((word) => !known.includes(word) && !documentation.includes(word));
  if (strange !== undefined) throw unsound(where, `"${strange}" is not a word of our JSON Schema subset here`);
}

function checkUnion(where: string, anyOf: readonly ObjectSchema[]): void {
  const discriminator = discriminatorOf({ anyOf });
  if (discriminator === undefined) {
    throw unsound(where, "the members of an anyOf must be told apart by one property that each requires as a const");
  }
  for (const [value, member] of discriminator.members) checkSchema(`${where}(${String(value)})`, member);
}

function checkString(where: string, schema: Extract<Schema, { readonly type: "string" }>): void {
  if ("pattern" in schema && schema.pattern !== undefined) checkPattern(where, schema.pattern);
  if (!("format" in schema) || schema.format !== "duration") return;
  for (const text of [schema.default, schema.min, schema.max]) {
    if (text !== undefined && parseDuration(text) === undefined) throw unsound(where, `"${text}" is no duration`);
  }
}

function checkPattern(where: string, pattern: string): void {
  try {
    void new RegExp(pattern, "u");
  } catch (cause) {
    throw unsound(where, `the pattern ${pattern} is no regular expression (${String(cause)})`);
  }
}

function checkObject(where: string, { properties = {}, required = [], additionalProperties }: ObjectSchema): void {
  const missing = required.find((key) => !Object.hasOwn(properties, key));
  if (missing !== undefined) throw unsound(where, `"${missing}" is required but not among the properties`);
  for (const [key, schema] of Object.entries(properties)) checkSchema(`${where}.${key}`, schema);
  if (additionalProperties) checkSchema(`${where}.*`, additionalProperties);
}
