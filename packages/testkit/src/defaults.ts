import type { ObjectSchema, Schema, UnionSchema } from "@rotate/plugin-kit";
import { discriminatorOf, parseDuration } from "@rotate/plugin-kit/grammar";

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** As the plugin gets it: a duration is milliseconds. */
function defaultOf(schema: Schema): unknown {
  if (!("default" in schema) || schema.default === undefined) return undefined;
  if (!("format" in schema) || schema.format !== "duration") return schema.default;
  const milliseconds = parseDuration(schema.default);
  if (milliseconds === undefined) throw new TypeError(`the default ${schema.default} is no duration`);
  return milliseconds;
}

function branchOf(schema: UnionSchema, value: Readonly<Record<string, unknown>>, path: string): ObjectSchema {
  const discriminator = discriminatorOf(schema);
  const branch = discriminator?.members.get(value[discriminator.tag]);
  if (branch === undefined) throw new TypeError(`${path} is none of the kinds that the schema knows`);
  return branch;
}

function fill(schema: Schema, value: unknown, path: string): unknown {
  if ("anyOf" in schema) return isRecord(value) ? fill(branchOf(schema, value, path), value, path) : value;
  if (!("type" in schema)) return value;
  if (schema.type === "array" && Array.isArray(value)) {
    return value.map((item, at) => fill(schema.items, item, `${path}[${at}]`));
  }
  return schema.type === "object" && isRecord(value) ? fillObject(schema, value, path) : value;
}

function fillObject(schema: ObjectSchema, value: Readonly<Record<string, unknown>>, path: string): unknown {
  const known = schema.properties ?? {};
  const missing = (schema.required ?? []).find(
    (name) => value[name] === undefined && defaultOf(known[name] ?? { type: [] }) === undefined,
  );
  if (missing !== undefined) throw new TypeError(`${path}.${missing} is required`);
  const rest = schema.additionalProperties;
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined && (rest === undefined || rest === false))
    throw new TypeError(`${path}.${unknown} is not an option`);
  const filled = Object.entries(known).flatMap(([name, inner]) => {
    const given = value[name] === undefined ? defaultOf(inner) : fill(inner, value[name], `${path}.${name}`);
    return given === undefined ? [] : [[name, given]];
  });
  return { ...value, ...Object.fromEntries(filled) };
}

/**
 * Options as the engine hands them to a plugin: the schema's defaults filled in at every depth, durations among them in milliseconds.
 * `options` are given as the plugin gets them. Throws TypeError for a missing or an unknown option.
 */
export function withDefaults(schema: ObjectSchema, options: unknown): unknown {
  return fill(schema, options, "options");
}
