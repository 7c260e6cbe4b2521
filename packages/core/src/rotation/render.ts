import { isSecret, type Values } from "@rotate/plugin-kit";
import type { Masker } from "../runtime/types.ts";
import type { SinkEntry } from "../spec/model.ts";
import type { TemplateScope } from "../spec/template.ts";
import type { Accepted } from "./accept.ts";
import type { MintedCredential } from "./session.ts";

/** An accepted credential with what every sink is to hold, masked from now on. Throws INVALID when a template does. */
export function render(sinks: readonly SinkEntry[], accepted: Accepted, masker: Masker): MintedCredential {
  const scope = scopeOf(accepted);
  const values = new Map(sinks.map((sink) => [sink.id, renderSink(sink, scope, masker)]));
  return { fields: accepted.fields, scope, values };
}

function scopeOf({ fields, issuedAt, expiresAt }: Accepted): TemplateScope {
  const texts = Object.entries(fields).map(([name, value]) => [name, isSecret(value) ? value.reveal() : value]);
  const ends = expiresAt === null ? "never" : new Date(expiresAt).toISOString();
  return { fields: Object.fromEntries(texts), lease: { issuedAt: new Date(issuedAt).toISOString(), expiresAt: ends } };
}

function renderSink(sink: SinkEntry, scope: TemplateScope, masker: Masker): Values {
  const rendered = Object.entries(sink.values).map(([key, template]) => [
    key,
    masker.secret(template.render(scope), key),
  ]);
  return Object.fromEntries(rendered);
}
