import type { Schema } from "@rotate/plugin-kit";
import { discriminatorOf } from "@rotate/plugin-kit/grammar";
import { isFrame } from "../frames.ts";

/** The files and folders that options name: every one whose format is `path`. */
export function pathsIn(schema: Schema | undefined, value: unknown): readonly string[] {
  if (schema === undefined) return [];
  if ("anyOf" in schema) {
    const discriminator = discriminatorOf(schema);
    return isFrame(value) ? pathsIn(discriminator?.members.get(value[discriminator.tag]), value) : [];
  }
  if ("items" in schema) return Array.isArray(value) ? value.flatMap((item) => pathsIn(schema.items, item)) : [];
  if ("format" in schema && schema.format === "path") return typeof value === "string" ? [value] : [];
  if (!("type" in schema) || schema.type !== "object" || !isFrame(value)) return [];
  const { properties = {}, additionalProperties } = schema;
  return Object.entries(value).flatMap(([key, item]) =>
    pathsIn(Object.hasOwn(properties, key) ? properties[key] : additionalProperties || undefined, item),
  );
}
