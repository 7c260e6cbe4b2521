import { invalid } from "../errors.ts";
import type { Context } from "../context.ts";
import type { Secret } from "../secret.ts";
import type { Values } from "../sink.ts";
import { type Member, membersOf } from "./members.ts";

/** How one secret holds what is written: as members of a flat JSON object, or the one value alone. */
export type Format = "json" | "value";

/** The option. */
export const documentFormat = {
  enum: ["json", "value"],
  default: "json",
  description: "`json`: each key is a member of a JSON object, the others stay; `value`: the secret is the one value",
} as const;

/** What the keys of `values` may be. */
export const documentKeys = {
  pattern: "[^\\x00-\\x1f\\x7f]{1,256}",
  description: "a member of the JSON object; with `format: value`, `value`",
} as const;

/** What the keys may be where the secret is always one value. */
export const wholeKey = { pattern: "value", description: "`value`: the whole secret" } as const;

/** The one value. Throws INVALID where there is none. */
export function wholeValue({ value }: Values): Secret {
  if (value === undefined) throw invalid("there is nothing to write", "set values.value");
  return value;
}

/** Throws INVALID for keys that the format does not have. */
export function checkKeys(format: Format, keys: readonly string[]): void {
  if (format === "json" || (keys.length === 1 && keys[0] === "value")) return;
  throw invalid(
    "with `format: value` the secret has the one key `value`",
    "write values: { value: … }, or set `format: json`",
  );
}

/**
 * The secret's next text: the values at their keys, all else as it was written. `before` undefined: there was none. Throws INVALID for a text that is no JSON
 * object, or that has one of the keys twice.
 */
export function placedIn(format: Format, before: string | undefined, values: Values): string {
  checkKeys(format, Object.keys(values));
  if (format === "value") return wholeValue(values).reveal();
  return Object.entries(values).reduce((text, [key, value]) => withMember(text, key, value.reveal()), before || "{}");
}

/** What the keys hold, as text; what is not there is left out. Throws as `placedIn`. */
export function readFrom(format: Format, text: string, keys: readonly string[]): Readonly<Record<string, string>> {
  if (format === "value") return keys.includes("value") ? { value: text } : {};
  const members = membersOf(text);
  return Object.fromEntries(
    keys.flatMap((key) => {
      const member = onlyOne(members, key);
      return member === undefined ? [] : [[key, textOf(text, member)]];
    }),
  );
}

/** Texts as what `read` gives, masked from now on. */
export function asValues(texts: Readonly<Record<string, string>>, { secret }: Pick<Context, "secret">): Values {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, secret(text, key)]));
}

function onlyOne(members: readonly Member[], key: string): Member | undefined {
  const [member, ...others] = members.filter((one) => one.key === key);
  if (others.length === 0) return member;
  throw invalid(
    `the secret has ${key} ${others.length + 1} times`,
    "readers do not agree which one counts: leave one of them",
  );
}

function textOf(text: string, { valueStart, end }: Member): string {
  const literal = text.slice(valueStart, end);
  return literal.startsWith('"') ? (JSON.parse(literal) as string) : literal;
}

function withMember(text: string, key: string, value: string): string {
  const members = membersOf(text);
  const member = onlyOne(members, key);
  const literal = JSON.stringify(value);
  if (member === undefined) return inserted(text, members.at(-1), { key: JSON.stringify(key), literal });
  const old = text.slice(member.valueStart, member.end);
  if (old.startsWith('"') && JSON.parse(old) === value) return text;
  return text.slice(0, member.valueStart) + literal + text.slice(member.end);
}

/** Behind the last member, laid out as that one is. */
function inserted(
  text: string,
  last: Member | undefined,
  { key, literal }: { readonly key: string; readonly literal: string },
): string {
  if (last === undefined) return text.replace("{", () => `{${key}:${literal}`);
  const { start, valueStart, end } = last;
  const gap = /[ \t\r\n]*$/.exec(text.slice(0, start))?.[0] ?? "";
  const colon = /\s*:\s*$/.exec(text.slice(0, valueStart))?.[0] ?? ":";
  return `${text.slice(0, end)},${gap}${key}${colon}${literal}${text.slice(end)}`;
}
