import { hash } from "node:crypto";
import { describeSource, isReference, isTemplateOption, type OptionTree } from "@rotate/runtime";
import { isRecord } from "../fault.ts";

/** Hexadecimal digits of an identity: enough to tell all parts of a spec apart, short enough to read. */
const length = 16;

/** A short hash of plain data, the same for the same data whatever the order of its keys. References count by where they lead, templates by their text. */
export function identityOf(value: unknown): string {
  return hash("sha256", JSON.stringify(canonical(value)), "hex").slice(0, length);
}

function canonical(value: unknown): unknown {
  if (isReference(value)) return { reference: value.source };
  if (isTemplateOption(value)) return { template: value.template.source };
  if (Array.isArray(value)) return value.map(canonical);
  if (!isRecord(value)) return value;
  const keys = Object.keys(value).toSorted();
  return keys.map((key) => [key, canonical(value[key])]);
}

/** Options with words in place of what is read later: for a plugin's pure functions, which only describe. */
export function described(options: OptionTree): OptionTree {
  return describe(options) as OptionTree;
}

function describe(value: unknown): unknown {
  if (isReference(value)) return describeSource(value.source);
  if (isTemplateOption(value)) return value.template.source;
  if (Array.isArray(value)) return value.map(describe);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, describe(inner)]));
}
