import { isRotateError, RotateError } from "@rotate/plugin-kit";
import { Liquid, UndefinedVariableError, type Template as LiquidNode } from "liquidjs";
import { liquidFilters, liquidTags, textFilters } from "./filters.ts";
import { didYouMean } from "./nearest.ts";
import { bounded, missing, unfit } from "./plain-template.ts";
import type { ParsedTemplate, ParseTemplate, TemplateFault, TemplateVariables } from "./template.ts";

const budgets = {
  /** Characters of a template. */
  parseLimit: 256 * 1024,
  /** Milliseconds of one rendering. */
  renderLimit: 1000,
  /** Characters and list items that one rendering may make. */
  memoryLimit: 4 * 1024 * 1024,
} as const;

/** Liquid with strict variables and filters, without clock, randomness or files, bounded in time and memory. */
export function createLiquidParser(): ParseTemplate {
  const liquid = new Liquid({
    strictVariables: true,
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    ...budgets,
  });
  keepOnly(liquid.tags, liquidTags);
  keepOnly(liquid.filters, liquidFilters);
  for (const [name, filter] of Object.entries(textFilters)) liquid.registerFilter(name, onText(name, filter));
  return (source) => parse(liquid, source);
}

function keepOnly(table: Record<string, unknown>, kept: readonly string[]): void {
  for (const name of Object.keys(table)) if (!kept.includes(name)) delete table[name];
}

function onText(name: string, filter: (text: string) => string): (value: unknown) => string {
  return (value) => (name === "json" && typeof value !== "string" ? JSON.stringify(value) : filter(String(value)));
}

function parse(liquid: Liquid, source: string): ParsedTemplate | TemplateFault {
  try {
    const nodes = liquid.parse(source);
    const variables = liquid.globalVariableSegmentsSync(nodes, { partials: false });
    return {
      variables: variables.map((segments) =>
        segments.map((segment) => (Array.isArray(segment) ? "[…]" : String(segment))),
      ),
      render: (values) => render(liquid, nodes, values),
    };
  } catch (error) {
    return faultOf(error instanceof Error ? error.message : "");
  }
}

/** Liquid's message may quote the template, so only what we know of is told. */
function faultOf(message: string): TemplateFault {
  const filter = /^undefined filter: ([\w-]+)/.exec(message)?.[1];
  if (filter !== undefined) {
    const hint = didYouMean(filter, [...Object.keys(textFilters), ...liquidFilters]);
    return { message: `there is no filter "${filter}"`, hint, word: filter };
  }
  const tag = /^tag "([\w-]+)" not found/.exec(message)?.[1];
  if (tag !== undefined) return { message: `there is no tag "${tag}"`, hint: didYouMean(tag, liquidTags), word: tag };
  if (message.startsWith("output ")) return { message: "a `{{` is not closed", hint: "close it with }}", word: "{{" };
  if (message.startsWith("tag "))
    return { message: "a `{%` is not closed", hint: "close the tag with %}, and a block with its end tag", word: "{%" };
  if (message.startsWith("parse length")) return { message: "the template is too long" };
  return {
    message: "not a valid Liquid template",
    hint: "a field is written {{ field }}, with a filter {{ field | uri_component }}",
  };
}

function render(liquid: Liquid, nodes: LiquidNode[], variables: TemplateVariables): string {
  try {
    return bounded(String(liquid.renderSync(nodes, { ...variables })));
  } catch (error) {
    if (isRotateError(error)) throw error;
    throw renderFault(error);
  }
}

function renderFault(error: unknown): RotateError {
  if (error instanceof UndefinedVariableError)
    return missing(/^undefined variable: ([\w.-]+)/.exec(error.message)?.[1] ?? "a field");
  const message = error instanceof Error ? error.message : "";
  if (/limit exceeded/.test(message)) {
    return new RotateError("a template takes too much time or memory", {
      code: "INVALID",
      retryable: false,
      hint: "make its loops shorter",
    });
  }
  return unfit(error);
}
