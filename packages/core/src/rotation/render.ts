import { isSecret, Secret, type Fields, type Values } from "@rotate/plugin-kit";
import type { Masker } from "../runtime/types.ts";
import type { Rotation, SinkEntry } from "../loading/model.ts";
import type { Template, TemplateScope } from "../loading/template.ts";
import type { Accepted } from "./accept.ts";
import type { MintedCredential } from "./session.ts";

/** An accepted credential with what every sink is to hold, masked from now on. Throws INVALID when a template does. */
export function render(
  { sinks, fields: declared }: Pick<Rotation, "sinks" | "fields">,
  accepted: Accepted,
  masker: Masker,
): MintedCredential {
  const scope = scopeOf(accepted);
  const values = new Map(sinks.map((sink) => [sink.id, renderSink(sink, { scope, declared, masker })]));
  return { fields: accepted.fields, scope, values };
}

function scopeOf({ fields, issuedAt, expiresAt }: Accepted): TemplateScope {
  const texts = Object.entries(fields).map(([name, value]) => [name, isSecret(value) ? value.reveal() : value]);
  const ends = expiresAt === null ? "never" : new Date(expiresAt).toISOString();
  return { fields: Object.fromEntries(texts), lease: { issuedAt: new Date(issuedAt).toISOString(), expiresAt: ends } };
}

function renderSink(
  sink: SinkEntry,
  { scope, declared, masker }: { scope: TemplateScope; declared: Fields; masker: Masker },
): Values {
  const rendered = Object.entries(sink.values).map(([key, template]) => {
    const text = template.render(scope);
    if (!isPublic(template, declared)) return [key, masker.secret(text, key)];
    masker.exempt(text);
    return [key, new Secret(text, key)];
  });
  return Object.fromEntries(rendered);
}

/** Does the template show nothing but what is no secret? */
export function isPublic({ fields }: Template, declared: Fields): boolean {
  return fields.every((name) => declared[name]?.secret === false);
}
