import { isReference } from "./reference.ts";
import type { Runtime } from "./types.ts";

/** The environment variables that secret references in these trees name, each once. References stand as `Reference` objects. */
export function secretVariables(trees: Iterable<unknown>): readonly string[] {
  const names = new Set<string>();
  for (const tree of trees) addVariables(tree, names);
  return [...names];
}

/** Without a list for each object: a spec may have ten thousand. */
function addVariables(value: unknown, names: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  if (!isReference(value)) for (const inner of Object.values(value)) addVariables(inner, names);
  else if (value.secret && "env" in value.source) names.add(value.source.env);
}

/**
 * The same runtime, whose commands do not inherit these variables: a login is no business of a reload, a probe or a validator. What a call names in `env` is handed over.
 * Commands of `{ exec: … }` references inherit all, as they have no way to be handed anything.
 */
export function withholding(runtime: Runtime, names: readonly string[]): Runtime {
  if (names.length === 0) return runtime;
  const none = Object.fromEntries(names.map((name) => [name, undefined]));
  return {
    ...runtime,
    exec: (argv, init, signal) => runtime.exec(argv, { ...init, env: { ...none, ...init.env } }, signal),
    execReference: runtime.execReference ?? runtime.exec,
  };
}
