import { parsePlainTemplate } from "./plain-template.ts";
import { looksLikeTemplate, type ParseTemplate } from "./template.ts";

/** A parser for all templates of a document, each parsed once. Liquid is loaded only when one of them is more than plain variables. */
export async function createTemplateParser(document: unknown): Promise<ParseTemplate> {
  const plain = remembering(parsePlainTemplate);
  const liquid = needsLiquid(document, plain) ? (await import("./liquid.ts")).createLiquidParser() : undefined;
  return remembering((source) => plain(source) ?? liquid?.(source) ?? { message: "not a valid Liquid template" });
}

function remembering<T>(parse: (source: string) => T): (source: string) => T {
  const parsed = new Map<string, T>();
  return (source) => {
    const known = parsed.get(source);
    if (known !== undefined) return known;
    const result = parse(source);
    parsed.set(source, result);
    return result;
  };
}

/** Looks at each shared value once: aliases may repeat it a million times. */
function needsLiquid(document: unknown, plain: typeof parsePlainTemplate): boolean {
  const seen = new Set<object>();
  function isNeeded(value: unknown): boolean {
    if (typeof value === "string") return looksLikeTemplate(value) && plain(value) === undefined;
    if (typeof value !== "object" || value === null || seen.has(value)) return false;
    seen.add(value);
    return Object.values(value).some(isNeeded);
  }
  return isNeeded(document);
}
