import { invalid } from "@rotate/plugin-kit";

/** A mapping of a kubeconfig. */
export type Fields = Readonly<Record<string, unknown>>;

/** True for a mapping, whatever is in it. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text, or undefined when it is absent or empty. Throws INVALID for anything else, never showing it. */
export function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string") return value;
  throw invalid(`${name} of the kubeconfig is no text`, "put it in quotes");
}
