/** From a schema to questions, and from answers to what stands in a spec. */
import { discriminatorOf, fits } from "@rotate/core";
import type { ObjectSchema, Schema, UnionSchema } from "@rotate/plugin-kit";
import type { Choice, FlagAsker } from "./asker.ts";
import { askForSource, sourceOf } from "./secret-source.ts";
import { splitWords } from "./words.ts";

/** What is filled in, and what is known of it already. */
export interface Form {
  readonly asker: FlagAsker;
  /** `provider.auth`: the keys of the questions begin so. */
  readonly prefix: string;
  /** Optional keys that are asked for as well. */
  readonly ask?: readonly string[] | undefined;
  /** Answers that are offered, by key. */
  readonly offers?: Readonly<Record<string, unknown>> | undefined;
  /** Values that are known, by key: not asked for. */
  readonly known?: Readonly<Record<string, unknown>> | undefined;
}

type Values = Readonly<Record<string, unknown>>;

/** Asks for the required keys of an object, for those that the form names, and for those that a flag answers. */
export async function fillIn(schema: ObjectSchema, form: Form): Promise<Values> {
  const { asker, prefix, ask = [], known = {} } = form;
  const { properties = {}, required = [] } = schema;
  const values: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(properties)) {
    const key = `${prefix}.${name}`;
    const isAsked = required.includes(name) || ask.includes(name) || asker.isGiven(key);
    if (Object.hasOwn(known, name) && !asker.isGiven(key)) values[name] = known[name];
    else if (isAsked && !("const" in inner)) {
      const value = await fillOne(inner, { ...form, key, name, isNeeded: required.includes(name) });
      if (value !== undefined) values[name] = value;
    } else if (isAsked && "const" in inner) values[name] = inner.const;
  }
  return values;
}

interface One extends Form {
  readonly key: string;
  readonly name: string;
  readonly isNeeded: boolean;
}

async function fillOne(schema: Schema, one: One): Promise<unknown> {
  const { asker, key, name } = one;
  if ("anyOf" in schema) return fillUnion(schema, one);
  if ("enum" in schema)
    return asker.choose({
      key,
      message: wordsFor(name, schema),
      choices: schema.enum.map((value) => ({ value, label: value })),
      initial: offer(schema, one) ?? schema.enum[0],
    });
  if ("secret" in schema && schema.secret)
    return askForSource(asker, { key, message: wordsFor(name, schema), isNeeded: one.isNeeded });
  if ("type" in schema && schema.type === "object" && schema.properties !== undefined)
    return fillIn(schema, { ...one, prefix: key, offers: offersBelow(one), ask: askedBelow(one) });
  return fillText(schema, one);
}

/** What is offered below this key, which stands as `key.path`. */
function offersBelow({ offers = {}, name }: One): Values {
  const below = Object.entries(offers).filter(([key]) => key.startsWith(`${name}.`));
  return Object.fromEntries(below.map(([key, value]) => [key.slice(name.length + 1), value]));
}

function askedBelow({ ask = [], name }: One): readonly string[] {
  return ask.filter((key) => key.startsWith(`${name}.`)).map((key) => key.slice(name.length + 1));
}

async function fillUnion(schema: UnionSchema, one: One): Promise<unknown> {
  const discriminator = discriminatorOf(schema);
  if (discriminator === undefined) return undefined;
  const { tag, members } = discriminator;
  const choices = [...members].map(([value, member]): Choice => ({
    value: String(value),
    label: String(value),
    hint: member.description,
  }));
  const chosen = await one.asker.choose({
    key: `${one.key}.${tag}`,
    message: wordsFor(one.name, schema),
    choices,
    initial: choices[0]?.value,
  });
  const member = [...members].find(([value]) => String(value) === chosen)?.[1];
  return (
    member && {
      [tag]: chosen,
      ...(await fillIn(member, { ...one, prefix: one.key, ask: [], known: { [tag]: chosen } })),
    }
  );
}

/** Texts, numbers, durations, lists and maps are typed as text. */
async function fillText(schema: Schema, one: One): Promise<unknown> {
  const { asker, key, name, isNeeded } = one;
  const answer = await asker.text({
    key,
    message: `${wordsFor(name, schema)}${howToType(schema, name)}${isNeeded ? "" : " (may be left out)"}`,
    initial: offer(schema, one) ?? (isNeeded ? undefined : ""),
    example: exampleOf(schema, name),
    check: (text) => wrongWith(schema, { text, name, isNeeded }),
  });
  return answer === "" ? undefined : valueOf(schema, answer, name);
}

function wrongWith(
  schema: Schema,
  { text, name, isNeeded }: { readonly text: string; readonly name: string; readonly isNeeded: boolean },
): string | undefined {
  if (text === "") return isNeeded ? "it is needed" : undefined;
  const value = valueOf(schema, text, name);
  if (sourceOf(text) !== undefined || (value !== undefined && fits(schema, value))) return undefined;
  const example = exampleOf(schema, name);
  return `it is not of the form that is expected${example === undefined ? "" : `, such as ${example}`}`;
}

/** What an answer stands for in a spec. Undefined: nothing that this schema takes. */
function valueOf(schema: Schema, text: string, name: string): unknown {
  const source = sourceOf(text);
  if (source !== undefined && "type" in schema && schema.type === "string") return source;
  if (!("type" in schema)) return text;
  if (schema.type === "integer" || schema.type === "number") return Number(text);
  if (schema.type === "boolean") return ({ yes: true, true: true, no: false, false: false } as Values)[text];
  if (schema.type === "array") return name === "command" ? splitWords(text) : text.split(/\s*,\s*/);
  if (schema.type === "object") return pairsOf(text);
  return text;
}

function pairsOf(text: string): Values | undefined {
  const pairs = text.split(/\s*,\s*/).map((pair) => /^([^=]+)=(.*)$/s.exec(pair));
  return pairs.every((pair) => pair !== null)
    ? Object.fromEntries(pairs.map(([, key = "", value]) => [key, value]))
    : undefined;
}

function howToType(schema: Schema, name: string): string {
  if (!("type" in schema) || name === "command") return "";
  if (schema.type === "array") return ", separated by commas";
  if (schema.type === "object") return ", like name=value, other=value";
  return schema.type === "boolean" ? " (yes or no)" : "";
}

function offer(schema: Schema, { offers = {}, name }: One): string | undefined {
  if (Object.hasOwn(offers, name)) return textOf(offers[name]);
  return "default" in schema && schema.default !== undefined ? textOf(schema.default) : undefined;
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([key, inner]) => `${key}=${String(inner)}`)
    .join(", ");
}

function exampleOf(schema: Schema, name: string): string | undefined {
  const [example] = ("examples" in schema && schema.examples) || [];
  if (example === undefined) return undefined;
  return Array.isArray(example) && name === "command" ? example.join(" ") : textOf(example);
}

const longest = 100;

/** `endpoint: With api: autoscaling, …`, cut at the end of a sentence or a word. */
function wordsFor(name: string, schema: Schema): string {
  const { description = "" } = schema as { readonly description?: string };
  const [sentence = ""] = description.split(/(?<=[.;]) /);
  const text = sentence.replace(/[.;]$/, "");
  const short = text.length <= longest ? text : `${text.slice(0, text.lastIndexOf(" ", longest))} …`;
  return short === "" ? name : `${name}: ${short}`;
}
