import type { SecretRef } from "@rotate/plugin-kit";
import type { Template } from "./template.ts";

/** Where a text is read at each use. */
export type Source =
  | { readonly env: string }
  | { readonly file: string }
  | { readonly exec: readonly [string, ...string[]] }
  | { readonly credential: string };

const brand = Symbol("rotate.reference");

/** An option that is read at each use. `secret: true` reaches the plugin as it is (a `SecretRef`); `secret: false` is replaced by its text before the call. */
export interface Reference {
  readonly [brand]: true;
  readonly source: Source;
  readonly secret: boolean;
  /** Makes the option's value of the text that was read: milliseconds of a duration, an absolute path. Absent: the text itself. */
  readonly finish?: (text: string) => unknown;
}

/** An option that is a template: only in the options of sinks and `verify`, where there is a new credential. A secret one reaches the plugin as a `SecretRef`. */
export interface TemplateOption {
  readonly [brand]: true;
  readonly template: Template;
  /** Replaced by its text before the call. */
  readonly plain?: true;
}

/** A reference to `source`. `finish` is for one that is not secret and whose option is not plain text. */
export function reference(source: Source, secret: boolean, finish?: Reference["finish"]): Reference {
  return { [brand]: true, source, secret, ...(finish && { finish }) };
}

/** An option that is rendered with the new credential; `plain` for one that is not secret. */
export function templateOption(template: Template, plain = false): TemplateOption {
  return { [brand]: true, template, ...(plain && { plain }) };
}

/** True for an option that is read at each use. By a symbol of this module: nothing that a spec can hold passes for one. */
export function isReference(value: unknown): value is Reference {
  return typeof value === "object" && value !== null && brand in value && "source" in value;
}

/** True for an option that is rendered with the new credential. By a symbol of this module, as `isReference`. */
export function isTemplateOption(value: unknown): value is TemplateOption {
  return typeof value === "object" && value !== null && brand in value && "template" in value;
}

/** A plugin sees a reference or a template as an opaque `SecretRef`. */
export function asSecretRef(value: Reference | TemplateOption): SecretRef {
  return value as unknown as SecretRef;
}

/** `{ env: NAME }`, for messages and targets. */
export function describeSource(source: Source): string {
  const [kind, value] = Object.entries(source)[0] ?? [];
  return `{ ${kind}: ${Array.isArray(value) ? `[${value.join(", ")}]` : value} }`;
}
