import { isSecret, type Values } from "@rotate/plugin-kit";
import type { Masker } from "../runtime/types.ts";
import type { SinkEntry } from "../spec/model.ts";
import type { TemplateScope } from "../spec/template.ts";
import type { Accepted } from "./accept.ts";

/** The scope of templates for a minted credential. */
export function scopeOf({
  fields,
  issuedAt,
  expiresAt,
}: Pick<Accepted, "fields" | "issuedAt" | "expiresAt">): TemplateScope {
  const texts = Object.entries(fields).map(([name, value]) => [name, isSecret(value) ? value.reveal() : String(value)]);
  return {
    fields: Object.fromEntries(texts),
    lease: {
      issuedAt: new Date(issuedAt).toISOString(),
      expiresAt: expiresAt === null ? "never" : new Date(expiresAt).toISOString(),
    },
  };
}

/** The values of every sink, by sink id, masked from now on. */
export function renderValues(
  sinks: readonly SinkEntry[],
  scope: TemplateScope,
  masker: Masker,
): ReadonlyMap<string, Values> {
  return new Map(sinks.map((sink) => [sink.id, renderSink(sink, scope, masker)]));
}

function renderSink(sink: SinkEntry, scope: TemplateScope, masker: Masker): Values {
  const rendered = Object.entries(sink.values).map(([key, template]) => [
    key,
    masker.secret(template.render(scope), key),
  ]);
  return Object.fromEntries(rendered);
}
