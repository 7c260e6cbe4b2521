import { isReference, isTemplateOption, type Reference } from "./reference.ts";
import { resolveReference } from "./resolve.ts";
import type { TemplateScope } from "./template.ts";
import type { Runtime } from "./types.ts";

/**
 * Options as the engine keeps them between calls: validated, defaults filled, durations in milliseconds, paths absolute.
 * References stand in it as `Reference` objects (see reference.ts) and templates as `TemplateOption`; `materialize` makes a plugin's options of it.
 */
export type OptionTree = { readonly [key: string]: unknown };

/** What reading a reference needs. `execReference`, where there is one, runs the commands of `exec` references; `signal` ends them. */
export interface MaterializeParts {
  readonly runtime: Pick<Runtime, "env" | "exec" | "execReference">;
  readonly signal: AbortSignal;
  /** The new credential, where options may be templates. */
  readonly scope?: TemplateScope | undefined;
}

async function readText({ source, finish }: Reference, { runtime, signal }: MaterializeParts): Promise<unknown> {
  const { env, exec, execReference = exec } = runtime;
  const text = await resolveReference(source, { env, exec: execReference, signal });
  return finish === undefined ? text : finish(text);
}

async function materializeValue(value: unknown, parts: MaterializeParts): Promise<unknown> {
  if (isTemplateOption(value)) return value.plain && parts.scope ? value.template.render(parts.scope) : value;
  if (isReference(value)) return value.secret ? value : readText(value, parts);
  if (Array.isArray(value)) return Promise.all(value.map((item) => materializeValue(item, parts)));
  if (typeof value !== "object" || value === null) return value;
  return materialize(value as OptionTree, parts);
}

/**
 * A plugin's options: references and templates that are not secret are replaced by their text now; secret ones stay, as the `SecretRef`s that
 * `ctx.resolve` takes. Throws what `resolveReference` and `Template.render` throw.
 */
export async function materialize(tree: OptionTree, parts: MaterializeParts): Promise<OptionTree> {
  const entries = Object.entries(tree).map(
    async ([key, value]) => [key, await materializeValue(value, parts)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
