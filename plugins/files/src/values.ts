import type { Context, SinkContext, Values } from "@rotate/plugin-kit";

/** Values as texts, at the place where they are written. */
export function reveal(values: Values): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value.reveal()]));
}

/** Texts that were read from a target as values. */
export function wrap(texts: Readonly<Record<string, string>>, secret: Context["secret"]): Values {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, secret(text, key)]));
}

/** What a sink will write may look like this: the engine's samples, and some letters where it has none. For `check`. */
export function likely({
  keys = [],
  samples = {},
}: Pick<SinkContext, "keys" | "samples">): Readonly<Record<string, string>> {
  return { ...Object.fromEntries(keys.map((key) => [key, "sample"])), ...reveal(samples) };
}
