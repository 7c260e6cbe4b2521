import { type Fields, isRotateError, Secret, type Values } from "@rotate/plugin-kit";
import type { Template, TemplateScope } from "@rotate/runtime";
import { exampleScope } from "../loading/examples.ts";
import type { SinkEntry } from "../loading/model.ts";

/**
 * What a sink's values may look like: its templates, with examples for the credential's fields. A value whose template may make anything of a field
 * (a tag, a filter that cuts or decodes) is left out, as nobody can tell its shape.
 */
export function samplesOf({ values }: Pick<SinkEntry, "values">, fields: Fields): Values {
  const scope = exampleScope(fields);
  const samples = Object.entries(values).flatMap(([key, template]) => {
    const text = keepsShape(template) ? rendered(template, scope) : undefined;
    return text === undefined ? [] : [[key, new Secret(text, key)] as const];
  });
  return Object.fromEntries(samples);
}

/** Filters that make of an example what they would make of a value of its shape. */
const faithful = new Set(
  "append base64_encode cgi_escape default downcase escape json lstrip pgpass prepend replace rstrip strip strip_newlines upcase uri_component uri_escape url_encode".split(
    " ",
  ),
);

function keepsShape({ source }: Template): boolean {
  if (source.includes("{%")) return false;
  const outputs = [...source.matchAll(/\{\{([^]*?)\}\}/g)].map(([, inner = ""]) => withoutTexts(inner));
  return outputs.every((inner) => [...inner.matchAll(/\|\s*(\w+)/g)].every(([, filter = ""]) => faithful.has(filter)));
}

function withoutTexts(inner: string): string {
  return inner.replaceAll(/'[^']*'|"[^"]*"/g, "''");
}

/** Undefined when the template cannot take the examples: it may well take the real values. */
function rendered(template: Template, scope: TemplateScope): string | undefined {
  try {
    return template.render(scope);
  } catch (error) {
    if (isRotateError(error)) return undefined;
    throw error;
  }
}
