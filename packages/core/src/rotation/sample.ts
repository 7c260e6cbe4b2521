import { Secret, type Field, type Fields, type Values } from "@rotate/plugin-kit";
import type { TemplateScope } from "@rotate/runtime";
import type { SinkEntry } from "../loading/model.ts";

/** As long as a short token, of letters and digits alone: whatever a reader of the target would trip over comes from the spec, not from here. */
const oneLine = "sample".repeat(8);
const severalLines = `-----BEGIN SAMPLE-----\n${oneLine}\n-----END SAMPLE-----\n`;
const instant = "2030-01-01T00:00:00.000Z";

/** What the sink's values will look like, rendered from made-up fields: no secret is in them. Undefined when a template takes no made-up field. */
export function sampleValues({ values }: Pick<SinkEntry, "values">, declared: Fields): Values | undefined {
  const texts = Object.entries(declared).map(([name, field]) => [name, sampleOf(field)] as const);
  const scope = { fields: Object.fromEntries(texts), lease: { issuedAt: instant, expiresAt: instant } };
  return tryRender(values, scope);
}

function sampleOf({ multiline }: Field): string {
  return multiline === true ? severalLines : oneLine;
}

function tryRender(values: SinkEntry["values"], scope: TemplateScope): Values | undefined {
  try {
    const rendered = Object.entries(values).map(([key, template]) => [key, new Secret(template.render(scope), key)]);
    return Object.fromEntries(rendered);
  } catch {
    // A filter that wants more of a field than a made-up one has: the real value shows at `prepare`.
    return undefined;
  }
}
