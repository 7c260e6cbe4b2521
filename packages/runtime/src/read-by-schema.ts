/** Checks what came from outside against a plugin's schema literal: small, so that nothing heavy is loaded on the way of every rotation. */
import type { ObjectSchema, Schema, UnionSchema } from "@rotate/plugin-kit";

/** One place where the value is not what the schema says. Never holds content. */
interface SchemaFault {
  /** `endpoints[0].host`; empty: the whole. */
  readonly path: string;
  readonly expected: string;
}

/** The value with the schema's defaults filled in, or the faults. */
export interface SchemaReading {
  readonly value: unknown;
  readonly faults: readonly SchemaFault[];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const typeChecks: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number" && Number.isFinite(value),
  integer: Number.isInteger,
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null,
  array: Array.isArray,
  object: isObject,
};

function fault(path: string, expected: string): SchemaReading {
  return { value: undefined, faults: [{ path, expected }] };
}

function good(value: unknown): SchemaReading {
  return { value, faults: [] };
}

function outside(size: number, min: number | undefined, max: number | undefined): boolean {
  return size < (min ?? -Infinity) || size > (max ?? Infinity);
}

function readText(schema: Schema, text: string, path: string): SchemaReading {
  if ("minLength" in schema || "maxLength" in schema) {
    if (outside(text.length, schema.minLength, schema.maxLength)) return fault(path, "a text of another length");
  }
  if ("pattern" in schema && schema.pattern !== undefined && !new RegExp(schema.pattern, "u").test(text)) {
    return fault(path, `a text that matches ${schema.pattern}`);
  }
  if ("format" in schema && schema.format === "uri" && !URL.canParse(text)) return fault(path, "a URL");
  return good(text);
}

function readItems(schema: Extract<Schema, { type: "array" }>, items: readonly unknown[], path: string): SchemaReading {
  if (outside(items.length, schema.minItems, schema.maxItems)) return fault(path, "an array of another length");
  const read = items.map((item, at) => readBySchema(schema.items, item, `${path}[${at}]`));
  return { value: read.map((one) => one.value), faults: read.flatMap((one) => one.faults) };
}

function readKnown(schema: ObjectSchema, object: Readonly<Record<string, unknown>>, path: string) {
  const properties = Object.entries(schema.properties ?? {});
  return properties.flatMap(([name, inner]): [string, SchemaReading][] => {
    const at = path === "" ? name : `${path}.${name}`;
    if (Object.hasOwn(object, name)) return [[name, readBySchema(inner, object[name], at)]];
    if ("default" in inner && inner.default !== undefined) return [[name, good(inner.default)]];
    return schema.required?.includes(name) ? [[name, fault(at, "to be there")]] : [];
  });
}

function readUnknown(schema: ObjectSchema, object: Readonly<Record<string, unknown>>, path: string) {
  const extra = Object.entries(object).filter(([name]) => !Object.hasOwn(schema.properties ?? {}, name));
  const rest = schema.additionalProperties;
  return extra.map(([name, value]): [string, SchemaReading] => {
    if (rest === undefined) return [name, good(value)];
    const at = path === "" ? name : `${path}.${name}`;
    return [name, rest === false ? fault(at, "not to be there") : readBySchema(rest, value, at)];
  });
}

function readObject(schema: ObjectSchema, object: Readonly<Record<string, unknown>>, path: string): SchemaReading {
  const entries = [...readKnown(schema, object, path), ...readUnknown(schema, object, path)];
  return {
    value: Object.fromEntries(entries.map(([name, one]) => [name, one.value])),
    faults: entries.flatMap(([, one]) => one.faults),
  };
}

/** The branch whose constants the value carries. */
function readUnion(schema: UnionSchema, value: unknown, path: string): SchemaReading {
  const branch = schema.anyOf.find(
    ({ properties = {} }) =>
      isObject(value) && Object.entries(properties).every(([name, s]) => !("const" in s) || value[name] === s.const),
  );
  return branch === undefined ? fault(path, "one of the known kinds") : readBySchema(branch, value, path);
}

/** Reads a value by a schema literal. Keys that the schema does not name are kept, unless it says `additionalProperties`. */
export function readBySchema(schema: Schema, value: unknown, path = ""): SchemaReading {
  if ("const" in schema) return value === schema.const ? good(value) : fault(path, `to be ${String(schema.const)}`);
  if ("enum" in schema) {
    return schema.enum.some((one) => one === value) ? good(value) : fault(path, `one of ${schema.enum.join(", ")}`);
  }
  if ("anyOf" in schema) return readUnion(schema, value, path);
  const types = typeof schema.type === "string" ? [schema.type] : schema.type;
  if (!types.some((type) => typeChecks[type]?.(value))) return fault(path, types.join(" or "));
  if (typeof value === "string") return readText(schema, value, path);
  if (typeof value === "number" && ("minimum" in schema || "maximum" in schema)) {
    return outside(value, schema.minimum, schema.maximum) ? fault(path, "a number within limits") : good(value);
  }
  if (schema.type === "array") return readItems(schema, value as readonly unknown[], path);
  if (schema.type === "object" && isObject(value)) return readObject(schema, value, path);
  return good(value);
}

const plainKey = /^[A-Za-z_@$][\w.$-]{0,39}$/;

/** What a value is, without what it says: `{ token: string, roles: array }`. Keys that look like data are not shown. */
export function shapeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (!isObject(value)) return typeof value;
  const keys = Object.keys(value);
  const shown = keys.slice(0, 12).map((key) => {
    const kind = typeChecks["array"]?.(value[key]) ? "array" : value[key] === null ? "null" : typeof value[key];
    return `${plainKey.test(key) ? key : "…"}: ${kind}`;
  });
  return `{ ${[...shown, ...(keys.length > 12 ? ["…"] : [])].join(", ")} }`;
}
