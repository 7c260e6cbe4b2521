/** The credential's side of a template: its fields, `lease.issuedAt`, `lease.expiresAt` (RFC 3339), and the fields of the one before it. Everything is text. */
export interface TemplateScope {
  readonly fields: Readonly<Record<string, string>>;
  /** `previous.…`: while the earlier lease lives and its values are known. */
  readonly previous?: Readonly<Record<string, string>> | undefined;
  readonly lease: { readonly issuedAt: string; readonly expiresAt: string };
}

/** A Liquid template, parsed once, checked offline against the fields that the provider declares. */
export interface Template {
  /** As written in the spec. */
  readonly source: string;
  /** The fields it names. */
  readonly fields: readonly string[];
  /** It names fields of the credential before this one. */
  readonly isOfTwo?: boolean;
  /** The entry of a `foreach` list that its `each.…` are taken from. */
  readonly each?: Each;
  /** Throws RotateError INVALID when a field is missing or the result is too long. */
  render(scope: TemplateScope): string;
}

/** An entry of a `foreach` list: what `each.…` gives in its templates. */
export type Each = Readonly<Record<string, string | number | boolean>>;
