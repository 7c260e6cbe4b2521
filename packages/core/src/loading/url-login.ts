import type { Each } from "@rotate/runtime";
import type { TemplateFault } from "./template.ts";
import { scalarText } from "./scalar-text.ts";

/** An output or a tag of Liquid. */
const code = /\{\{-?([^]*?)-?\}\}|\{%[^]*?%\}/g;

/** Of a template with a mark in the place of each output: the user and password of a URL (RFC 3986, 3.2.1). */
const login = /[A-Za-z][A-Za-z0-9+.-]*:\/\/([^\s/?#"'<>]*)@/g;

/** Filters whose result may hold what ends a login, or is read as something else there. Any other filter was chosen by somebody who knows better. */
const unfit = new Set(
  "base64_encode cgi_escape default downcase escape json lstrip pgpass rstrip strip strip_newlines upcase uri_escape url_encode".split(
    " ",
  ),
);
/** Those that are taken for the right one. */
const mistaken: readonly string[] = ["url_encode", "cgi_escape", "uri_escape"];

interface Output {
  readonly field: string;
  readonly filters: readonly string[];
}

/** What stands before the `@` of a URL and could break it: fields that are not percent-encoded, or encoded for another place. */
export function loginFaults(source: string, each: Each | undefined): readonly TemplateFault[] {
  if (!source.includes("://")) return [];
  const outputs: Output[] = [];
  const marked = source.replaceAll(code, (_, inner?: string) => {
    if (inner !== undefined) outputs.push(outputOf(inner));
    return inner === undefined ? "" : `\0${outputs.length - 1}\0`;
  });
  const found = [...marked.matchAll(login)].flatMap(([, text = ""]) => [...text.matchAll(/\0(\d+)\0/g)]);
  return found.flatMap(([, index]) => faultOf(outputs[Number(index)], each) ?? []);
}

function outputOf(inner: string): Output {
  const [field = "", ...filters] = inner.replaceAll(/'[^']*'|"[^"]*"/g, "''").split("|");
  return { field: field.trim(), filters: filters.map((filter) => filter.trim().split(/[\s:]/, 1)[0] ?? "") };
}

function faultOf(output: Output | undefined, each: Each | undefined): TemplateFault | undefined {
  if (output === undefined || !output.filters.every((filter) => unfit.has(filter))) return undefined;
  const { field, filters } = output;
  if (filters.length === 0 && isPlain(field, each)) return undefined;
  const wrong = filters.find((filter) => mistaken.includes(filter));
  if (wrong !== undefined) {
    return {
      message: `the filter "${wrong}" does not make a login of a URL: before the @ it leaves signs that are read as something else`,
      hint: 'did you mean "uri_component"?',
      word: wrong,
    };
  }
  return {
    message: `"${field}" stands before the @ of a URL without being encoded: a sign such as @ or / in it would break the URL`,
    hint: `write {{ ${[field, ...filters, "uri_component"].join(" | ")} }}`,
    word: field,
  };
}

/** A text or an entry of the `foreach` list is known now: it may be encoded already, or need no encoding. */
function isPlain(field: string, each: Each | undefined): boolean {
  if (!/^[A-Za-z_]/.test(field)) return true;
  const value = field.startsWith("each.") ? each?.[field.slice("each.".length)] : undefined;
  return value !== undefined && /^(?:[\w.~!$&()*+,;=-]|%[0-9A-Fa-f]{2})*$/.test(scalarText(value));
}
