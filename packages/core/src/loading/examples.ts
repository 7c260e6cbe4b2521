import type { Field, Fields } from "@rotate/plugin-kit";
import type { TemplateScope } from "@rotate/runtime";

/** What a credential with these fields may look like to a template: the first one, with none before it. */
export function exampleScope(fields: Fields): TemplateScope {
  const examples = Object.entries(fields).map(([name, field]) => [name, exampleOf(field)]);
  return { fields: Object.fromEntries(examples), lease: { issuedAt: instant, expiresAt: instant } };
}

const instant = "2030-01-01T00:00:00.000Z";

function exampleOf({ example, multiline }: Field): string {
  return example ?? (multiline === true ? "-----BEGIN SAMPLE-----\nc2FtcGxl\n-----END SAMPLE-----\n" : "sample");
}
