/** Functions of the options as words with options in braces: found by asking with names in place of values, and held against values. */
import type { LocalPlace, ObjectSchema, Schema, Sink } from "@rotate/plugin-kit";
import { isWhole, targetWith } from "../target-with.ts";

/** Throws an Error when the target is not put together of the options alone. */
export function wordsOfTarget({ type, options, target }: Pick<Sink, "type" | "options" | "target">): string {
  const words = wordsOf(options, (given) => [target(given)]);
  if (words?.[0] !== undefined && words[0] !== "") return words[0];
  throw new Error(
    `the target of its sink ${type} has to be words with options in it, as in \`target: ({ url, path }) => \`\${url} variable \${path}\`\``,
  );
}

/** The paths that a part says it reads. Throws an Error when they are not put together of the options alone. */
export function wordsOfReads(part: {
  readonly type: string;
  readonly options: ObjectSchema;
  reads(options: unknown, env: Readonly<Record<string, string>>): readonly LocalPlace[];
}): readonly string[] {
  const words = wordsOf(part.options, (given) => part.reads(given, { HOME: "~" }).map(({ path }) => path), isWhole);
  if (words !== undefined) return words;
  throw new Error(
    `the \`reads\` of its part ${part.type} have to be paths with options in them, as in \`reads: ({ file }) => [{ path: file }]\``,
  );
}

type Sample = Readonly<Record<string, unknown>>;

/** What `ask` makes of the options, as words. Undefined when the same words do not come of other options. @param isSaid whether words are said of options at all */
function wordsOf(
  schema: ObjectSchema,
  ask: (options: object) => readonly string[],
  isSaid: (words: string, sample: Sample) => boolean = () => true,
): readonly string[] | undefined {
  const named = Object.fromEntries(Object.keys(schema.properties ?? {}).map((name) => [name, `{${name}}`]));
  try {
    const words = ask(named);
    const isSound = samplesOf(schema).every((sample) => {
      const expected = words.flatMap((word) => (isSaid(word, sample) ? [targetWith(word, sample)] : []));
      const said = ask(sample);
      return said.length === expected.length && said.every((text, at) => text === expected[at]);
    });
    return isSound ? words : undefined;
  } catch {
    return undefined; // it does more with an option than to put it into words
  }
}

/** Options that a spec could have: all of them, and only those that have to be there. */
function samplesOf({ properties = {}, required = [] }: ObjectSchema): readonly Sample[] {
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
