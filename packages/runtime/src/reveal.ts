import { isSecret, type Text } from "@rotate/plugin-kit";
import type { Masker } from "./types.ts";

/** The text, revealed when it is a Secret. */
export function revealText(text: Text, masker: Pick<Masker, "reveal">): string {
  return isSecret(text) ? masker.reveal(text) : text;
}

/** A copy of plain data in which each Secret is replaced by its text, for the wire. */
export function revealDeep(value: unknown, masker: Pick<Masker, "reveal">): unknown {
  if (isSecret(value)) return masker.reveal(value);
  if (Array.isArray(value)) return value.map((item) => revealDeep(item, masker));
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revealDeep(item, masker)]));
}

/** The entries that have a value, revealed. */
export function revealRecord(
  record: Readonly<Record<string, Text | undefined>>,
  masker: Pick<Masker, "reveal">,
): Readonly<Record<string, string>> {
  const present = Object.entries(record).filter((entry): entry is [string, Text] => entry[1] !== undefined);
  return Object.fromEntries(present.map(([key, text]) => [key, revealText(text, masker)]));
}
