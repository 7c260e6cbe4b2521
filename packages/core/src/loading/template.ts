/** The credential's side of a template: its fields and `lease.issuedAt`, `lease.expiresAt` (RFC 3339). Everything is text. */
export interface TemplateScope {
  readonly fields: Readonly<Record<string, string>>;
  readonly lease: { readonly issuedAt: string; readonly expiresAt: string };
}

/** A Liquid template, parsed once, checked offline against the fields that the provider declares. */
export interface Template {
  /** As written in the spec. */
  readonly source: string;
  /** The fields it names. */
  readonly fields: readonly string[];
  /** The entry of a `foreach` list that its `each.…` are taken from. */
  readonly each?: Each;
  /** Throws RotateError INVALID when a field is missing or the result is too long. */
  render(scope: TemplateScope): string;
}

/** Names in a template that are not fields: no plugin may declare a field of that name. */
export const reservedFields: readonly string[] = ["lease", "each"];

/** What stands under `lease`. */
export const leaseFields: readonly string[] = ["issuedAt", "expiresAt"];

/** An entry of a `foreach` list: what `each.…` gives in its templates. */
export type Each = Readonly<Record<string, string | number | boolean>>;

/** What a template is about, whatever reads it. */
export interface ParsedTemplate {
  /** Every variable it takes from outside, as the words between the dots. */
  readonly variables: readonly (readonly string[])[];
  /** Throws RotateError INVALID when a variable has no value, a filter cannot take it, or the result is over 1 MiB. */
  readonly render: (variables: TemplateVariables) => string;
}

/** The values of a template's variables. */
export interface TemplateVariables {
  readonly [name: string]: string | Each | TemplateScope["lease"];
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
