import type { ObjectSchema, Schema } from "../schema.ts";
import { parseDuration } from "./durations.ts";
import { discriminatorOf } from "./union.ts";
import { isLoose } from "./words.ts";

type Of<Type> = Extract<Schema, { readonly type: Type }>;

/** May this value stand for a schema in a spec as it is, without a reference or a template? The schema is one of ours. */
export function fits(schema: Schema, value: unknown): boolean {
  if ("const" in schema) return value === schema.const;
  if ("enum" in schema) return schema.enum.some((each) => each === value);
  if ("anyOf" in schema) return fitsUnion(schema.anyOf, value);
  switch (schema.type) {
    case "string":
      return typeof value === "string" && fitsText(schema, value);
    case "integer":
    case "number":
      return typeof value === "number" && fitsNumber(schema, value);
    case "boolean":
      return typeof value === "boolean";
    case "array":
      return Array.isArray(value) && fitsList(schema, value);
    case "object":
      return isLoose(value) && fitsObject(schema, value);
    default:
      return false;
  }
}

function fitsText(schema: Of<"string">, value: string): boolean {
  if (schema.secret === true) return false;
  if (schema.format === "duration") return isWithin(parseDuration(value), schema.min, schema.max);
  const { minLength = 0, maxLength = Infinity, pattern = "" } = schema;
  const { length } = Array.from(value); // JSON Schema counts characters, not UTF-16 units
  return length >= minLength && length <= maxLength && new RegExp(pattern, "u").test(value);
}

function isWithin(milliseconds: number | undefined, min = "0s", max?: string): boolean {
  if (milliseconds === undefined) return false;
  const most = max === undefined ? Infinity : (parseDuration(max) ?? Infinity);
  return milliseconds >= (parseDuration(min) ?? 0) && milliseconds <= most;
}

function fitsNumber(schema: Of<"integer" | "number">, value: number): boolean {
  const { type, minimum = -Infinity, maximum = Infinity } = schema;
  return Number.isFinite(value) && value >= minimum && value <= maximum && (type !== "integer" || value % 1 === 0);
}

function fitsList({ items, minItems = 0, maxItems = Infinity, uniqueItems }: Of<"array">, value: unknown[]): boolean {
  const different = uniqueItems !== true || new Set(value.map((item) => JSON.stringify(item))).size === value.length;
  return different && value.length >= minItems && value.length <= maxItems && value.every((item) => fits(items, item));
}

function fitsObject(schema: ObjectSchema, value: Readonly<Record<string, unknown>>): boolean {
  const { properties = {}, required = [], additionalProperties = false } = schema;
  return (
    required.every((name) => Object.hasOwn(value, name)) &&
    Object.entries(value).every(([name, inner]) => {
      const known = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
      return known !== undefined && known !== false && fits(known, inner);
    })
  );
}

function fitsUnion(anyOf: readonly ObjectSchema[], value: unknown): boolean {
  const discriminator = discriminatorOf({ anyOf });
  const member = isLoose(value) && discriminator ? discriminator.members.get(value[discriminator.tag]) : undefined;
  return member !== undefined && fits(member, value);
}
