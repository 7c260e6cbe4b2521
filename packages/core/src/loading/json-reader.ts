import { limits } from "./bounds.ts";
import { isRecord, parsedJson } from "./fault.ts";

/**
 * The value of a sound JSON object; undefined for anything else, and for JSON that has a fault to tell of
 * (a key twice, a forbidden key, too deep): the YAML reader then finds its place.
 */
export function readJson(text: string): unknown {
  if (!text.trimStart().startsWith("{") || text.length > limits.bytes) return undefined;
  const value = parsedJson(text);
  if (value === undefined) return undefined;
  const keys = countKeys(value, 0);
  return keys !== undefined && keys === countWrittenKeys(text) ? value : undefined;
}

/** Keys in the value; undefined when one of them is forbidden or the nesting too deep. `JSON.parse` keeps the last of two equal keys. */
function countKeys(value: unknown, depth: number): number | undefined {
  if (typeof value !== "object" || value === null) return 0;
  if (depth >= limits.depth) return undefined;
  const keys = isRecord(value) ? Object.keys(value) : [];
  if (keys.some((key) => key === "__proto__" || key === "constructor" || key === "prototype" || key === "<<"))
    return undefined;
  let count = keys.length;
  for (const child of Object.values(value)) {
    const below = countKeys(child, depth + 1);
    if (below === undefined) return undefined;
    count += below;
  }
  return count;
}

/**
 * Keys in the text: the strings that a colon follows; undefined when one is written with an escape.
 * Such a key has no place in a spec, and V8 14 reads the key `"\""` as `"\\"` where it has seen the latter before.
 */
function countWrittenKeys(text: string): number | undefined {
  let count = 0;
  for (const [string, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)) {
    if (colon === undefined) continue;
    if (string.includes("\\")) return undefined;
    count++;
  }
  return count;
}
