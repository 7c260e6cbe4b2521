/** What the catalog lets a spec choose among: types, ways to log in, formats, actions. */
import type { Schema } from "@rotate/plugin-kit";

/** Every choice in a schema, as `auth.method=pat`; `*` for a name that the spec makes up. */
export function choicesIn(schema: Schema, path: string): readonly string[] {
  if ("anyOf" in schema) return schema.anyOf.flatMap((member) => choicesIn(member, path));
  if ("const" in schema) return [`${path}=${schema.const}`];
  if ("enum" in schema) return schema.enum.map((value) => `${path}=${value}`);
  if (schema.type === "array" && "items" in schema) return choicesIn(schema.items, path);
  if (schema.type !== "object" || !("properties" in schema || "additionalProperties" in schema)) return [];
  const { properties = {}, additionalProperties: rest } = schema;
  const named = Object.entries(properties).flatMap(([key, inner]) => choicesIn(inner, `${path}.${key}`));
  return rest ? [...named, ...choicesIn(rest, `${path}.*`)] : named;
}

/** Everything that a value says, in the same form. */
export function saidBy(value: unknown, path: string): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => saidBy(item, path));
  if (typeof value !== "object" || value === null) return [`${path}=${String(value)}`];
  return Object.entries(value).flatMap(([key, inner]) => saidBy(inner, `${path}.${key}`));
}

/** Is this choice made by something that was said? */
export function isMade(choice: string, said: ReadonlySet<string>): boolean {
  if (!choice.includes("*")) return said.has(choice);
  const [before = "", after = ""] = choice.split("*");
  return [...said].some((one) => one.startsWith(before) && one.endsWith(after));
}
