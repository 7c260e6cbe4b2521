import type { TemplateScope } from "@rotate/runtime";
import type { Rotation, SinkEntry } from "../loading/model.ts";

/** The type of the sink that is no place: its `values` name what a command's environment gets. */
const virtual = "env";

/** Is it a sink that nothing is written to? */
export function isVirtual({ type }: Pick<SinkEntry, "type">): boolean {
  return type === virtual;
}

/** The rotation's own names for its environment: what its `env` sinks say. Undefined without one. Throws INVALID when a template does. */
export function environmentOf(
  { sinks }: Pick<Rotation, "sinks">,
  scope: TemplateScope,
): Readonly<Record<string, string>> | undefined {
  const named = sinks.filter(isVirtual);
  if (named.length === 0) return undefined;
  return Object.fromEntries(
    named.flatMap(({ values }) => Object.entries(values).map(([name, template]) => [name, template.render(scope)])),
  );
}
