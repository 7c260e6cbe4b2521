/** Our own filters, text to text. They are the same whether Liquid runs them or not. */
export const textFilters = {
  /** RFC 3986 percent-encoding of everything but unreserved characters: fits any part of a URL. Throws URIError for text that is not well-formed. */
  uri_component: (text: string) =>
    encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`),
  /** RFC 4648 §4, of the UTF-8 bytes. */
  base64_encode: (text: string) => Buffer.from(text).toString("base64"),
  /** A JSON string, with its quotes. */
  json: (text: string) => JSON.stringify(text),
  /** A field of a password file of PostgreSQL (libpq, "The Password File"): a backslash before each backslash and colon. */
  pgpass: (text: string) => text.replaceAll(/[\\:]/g, "\\$&"),
} as const;

/** The name of a filter as templates write it. */
export type TextFilter = keyof typeof textFilters;

/** The filters of Liquid that a spec may use: pure functions of their input. No clock, no random numbers, no files. */
export const liquidFilters: readonly string[] = [
  "append",
  "base64_decode",
  "capitalize",
  "cgi_escape",
  "default",
  "divided_by",
  "downcase",
  "escape",
  "first",
  "join",
  "last",
  "lstrip",
  "minus",
  "modulo",
  "plus",
  "prepend",
  "remove",
  "remove_first",
  "remove_last",
  "replace",
  "replace_first",
  "replace_last",
  "rstrip",
  "size",
  "slice",
  "split",
  "strip",
  "strip_newlines",
  "times",
  "truncate",
  "upcase",
  "uri_escape",
  "url_decode",
  "url_encode",
];

/** The tags of Liquid that a spec may use. None of them reads a file. */
export const liquidTags: readonly string[] = [
  "assign",
  "break",
  "capture",
  "case",
  "comment",
  "continue",
  "echo",
  "for",
  "if",
  "raw",
  "unless",
];
