/** A sink's target as words with options in braces: found by asking with names in place of values, and held against values. */
import type { ObjectSchema, Schema, Sink } from "@rotate/plugin-kit";
import { targetWith } from "../target-with.ts";

/** Throws an Error when the target is not put together of the options alone. */
export function wordsOfTarget(sink: Pick<Sink, "type" | "options" | "target">): string {
  const { type, options } = sink;
  const names = Object.keys(options.properties ?? {});
  const named = Object.fromEntries(names.map((name) => [name, `{${name}}`]));
  const words = asked(sink, named);
  const isSound =
    words !== undefined && samplesOf(options).every((sample) => asked(sink, sample) === targetWith(words, sample));
  if (words !== undefined && isSound) return words;
  throw new Error(
    `the target of its sink ${type} has to be words with options in it, as in \`target: ({ url, path }) => \`\${url} variable \${path}\`\``,
  );
}

function asked({ target }: Pick<Sink, "target">, options: object): string | undefined {
  try {
    const words: unknown = target(options);
    return typeof words === "string" && words !== "" ? words : undefined;
  } catch {
    return undefined;
  }
}

/** Options that a spec could have: all of them, and only those that have to be there. */
function samplesOf({ properties = {}, required = [] }: ObjectSchema): readonly Readonly<Record<string, unknown>>[] {
  const all = Object.entries(properties).flatMap(([name, schema]) => {
    const sample = sampleOf(schema, name);
    return sample === undefined ? [] : [[name, sample] as const];
  });
  const least = all.filter(([name]) => required.includes(name) || "default" in properties[name]!);
  return [Object.fromEntries(all), Object.fromEntries(least)];
}

function sampleOf(schema: Schema, name: string): unknown {
  if ("const" in schema) return schema.const;
  if ("default" in schema && schema.default !== undefined && !("format" in schema && schema.format === "duration"))
    return schema.default;
  if ("enum" in schema) return schema.enum[0];
  if (!("type" in schema)) return undefined;
  if (schema.type === "string") return "format" in schema && schema.format === "duration" ? 60_000 : `a-${name}`;
  if (schema.type === "integer" || schema.type === "number") return "minimum" in schema ? (schema.minimum ?? 7) : 7;
  return schema.type === "boolean" ? true : undefined;
}
