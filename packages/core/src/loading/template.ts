import type { Each, Template, TemplateScope } from "@rotate/runtime";

/** What stands under `lease`. */
export const leaseFields: readonly string[] = ["issuedAt", "expiresAt"];

/** What a template is about, whatever reads it. */
export interface ParsedTemplate {
  /** Every variable it takes from outside, as the words between the dots. */
  readonly variables: readonly (readonly string[])[];
  /** Throws RotateError INVALID when a variable has no value, a filter cannot take it, or the result is over 1 MiB. */
  readonly render: (variables: TemplateVariables) => string;
}

/** The values of a template's variables. */
export interface TemplateVariables {
  readonly [name: string]: string | Each | TemplateScope["lease"] | Readonly<Record<string, string>>;
}

/** Why a template cannot be used; `word` is the part of it that is wrong. */
export interface TemplateFault {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly word?: string;
}

/** Parses a template; what is wrong with its syntax is a value, not an exception. */
export type ParseTemplate = (source: string) => ParsedTemplate | TemplateFault;

/** Tells a template from other objects of a compiled spec. */
export function isTemplate(value: object): value is Template {
  return "source" in value && "render" in value && typeof value.render === "function";
}

/** What a text looks like that may hold a template. */
export function looksLikeTemplate(text: string): boolean {
  return text.includes("{{") || text.includes("{%");
}
