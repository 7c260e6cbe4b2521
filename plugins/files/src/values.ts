import type { Context, Values } from "@rotate/plugin-kit";

/** Values as texts, at the place where they are written. */
export function reveal(values: Values): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value.reveal()]));
}

/** Texts that were read from a target as values. */
export function wrap(texts: Readonly<Record<string, string>>, secret: Context["secret"]): Values {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, secret(text, key)]));
}
