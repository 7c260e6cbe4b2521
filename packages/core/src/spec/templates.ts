import { parsePlainTemplate } from "./plain-template.ts";
import { looksLikeTemplate, type ParseTemplate } from "./template.ts";

/** A parser for all templates of a document. Liquid is loaded only when one of them is more than a plain variable. */
export async function createTemplateParser(document: unknown): Promise<ParseTemplate> {
  const liquid = needsLiquid(document, new Set()) ? (await import("./liquid.ts")).createLiquidParser() : undefined;
  const parsed = new Map<string, ReturnType<ParseTemplate>>();
  return (source) => {
    const known = parsed.get(source);
    if (known !== undefined) return known;
    const template = parsePlainTemplate(source) ?? liquid?.(source) ?? { message: "not a valid Liquid template" };
    parsed.set(source, template);
    return template;
  };
}

function needsLiquid(value: unknown, seen: Set<object>): boolean {
  if (typeof value === "string") return looksLikeTemplate(value) && parsePlainTemplate(value) === undefined;
  if (typeof value !== "object" || value === null || seen.has(value)) return false;
  seen.add(value);
  return Object.values(value).some((child) => needsLiquid(child, seen));
}
