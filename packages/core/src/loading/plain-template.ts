import { RotateError } from "@rotate/plugin-kit";
import { textFilters, type TextFilter } from "./filters.ts";
import { looksLikeTemplate, type ParsedTemplate, type TemplateVariables } from "./template.ts";

/** UTF-8 bytes that a rendered template may have. */
const longestResult = 1024 * 1024;

interface Output {
  readonly variable: readonly string[];
  readonly filters: readonly TextFilter[];
}

const output = new RegExp(
  String.raw`\{\{\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?)\s*((?:\|\s*(?:${Object.keys(textFilters).join("|")})\s*)*)\}\}`,
);
/** Words that Liquid reads as values or computes by itself. */
const literals = new Set(["true", "false", "nil", "null", "empty", "blank", "size", "first", "last"]);

/**
 * Reads the templates that nearly all specs have, variables with our own text filters, without loading Liquid. Undefined for all others.
 * What it reads renders exactly as Liquid would.
 */
export function parsePlainTemplate(source: string): ParsedTemplate | undefined {
  const pieces = source.split(output);
  const texts = pieces.filter((_, index) => index % 3 === 0);
  // A brace before an output makes Liquid see the output one character earlier.
  if (texts.some((text) => looksLikeTemplate(text)) || texts.slice(0, -1).some((text) => text.endsWith("{")))
    return undefined;
  const outputs = texts.slice(1).map((_, index) => outputOf(pieces[index * 3 + 1], pieces[index * 3 + 2]));
  if (outputs.some(({ variable }) => variable.some((word) => literals.has(word)))) return undefined;
  return {
    variables: outputs.map(({ variable }) => variable),
    render: (variables) => bounded(texts.map((text, index) => text + rendered(outputs[index], variables)).join("")),
  };
}

function outputOf(variable = "", filters = ""): Output {
  return { variable: variable.split("."), filters: (filters.match(/\w+/g) as TextFilter[] | null) ?? [] };
}

function rendered(part: Output | undefined, variables: TemplateVariables): string {
  if (part === undefined) return "";
  const value = lookUp(part.variable, variables);
  if (value === undefined) throw missing(part.variable.join("."));
  if (part.filters.length === 0) return String(value);
  if (typeof value !== "string" && part.filters[0] === "json")
    return part.filters.slice(1).reduce(filtered, JSON.stringify(value));
  return part.filters.reduce(filtered, String(value));
}

function filtered(text: string, filter: TextFilter): string {
  try {
    return textFilters[filter](text);
  } catch (cause) {
    throw unfit(cause);
  }
}

type Plain = string | number | boolean;

function lookUp([name = "", part]: readonly string[], variables: TemplateVariables): Plain | undefined {
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (typeof value === "string") return part === undefined ? value : undefined;
  if (value === undefined || part === undefined || !Object.hasOwn(value, part)) return undefined;
  return (value as Readonly<Record<string, Plain>>)[part];
}

/** The result, if it is not too long. Throws RotateError INVALID. */
export function bounded(text: string): string {
  if (Buffer.byteLength(text) <= longestResult) return text;
  throw new RotateError("a template renders to more than 1 MiB", { code: "INVALID", retryable: false });
}

/** What is thrown for a variable that has no value. */
export function missing(variable: string): RotateError {
  return new RotateError(`a template names "${variable}", which this credential does not have`, {
    code: "INVALID",
    retryable: false,
    hint: `for a field that may be absent write {% if ${variable} %} or {{ ${variable} | default: "…" }}`,
  });
}

/** What is thrown when a value does not fit the template's filters. The cause's message may hold the value, so it is not repeated. */
export function unfit(cause: unknown): RotateError {
  const message = "a template cannot be rendered with this credential";
  return new RotateError(message, {
    code: "INVALID",
    retryable: false,
    hint: "does a filter get what it can take?",
    cause,
  });
}
