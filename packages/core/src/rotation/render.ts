import { isSecret, Secret, type Fields, type Values } from "@rotate/plugin-kit";
import type { Masker, Template, TemplateScope } from "@rotate/runtime";
import type { Rotation, SinkEntry } from "../loading/model.ts";
import type { RotationClock } from "../schedule/clock.ts";
import type { Accepted } from "./accept.ts";
import { instant } from "./describe.ts";
import type { MintedCredential } from "./session.ts";

/** An accepted credential with what every sink is to hold, masked from now on. Throws INVALID when a template does. */
export function render(
  { sinks, fields: declared }: Pick<Rotation, "sinks" | "fields">,
  accepted: Accepted & Pick<TemplateScope, "previous">,
  { runtime: { masker }, clock }: RenderDeps,
): MintedCredential {
  const scope = { ...scopeOf(accepted, clock), previous: accepted.previous };
  const values = new Map(sinks.map((sink) => [sink.id, renderSink(sink, { scope, declared, masker })]));
  return { fields: accepted.fields, scope, values };
}

/** What rendering needs of the engine. */
export interface RenderDeps {
  readonly runtime: { readonly masker: Masker };
  readonly clock: Pick<RotationClock, "wallAt">;
}

function scopeOf({ fields, issuedAt, expiresAt }: Accepted, { wallAt }: RenderDeps["clock"]): TemplateScope {
  const texts = Object.entries(fields).map(([name, value]) => [name, isSecret(value) ? value.reveal() : value]);
  const ends = expiresAt === null ? "never" : instant(wallAt(expiresAt));
  return { fields: Object.fromEntries(texts), lease: { issuedAt: instant(wallAt(issuedAt)), expiresAt: ends } };
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
export function isPublic({ fields, isOfTwo }: Template, declared: Fields): boolean {
  return isOfTwo !== true && fields.every((name) => declared[name]?.secret === false);
}
