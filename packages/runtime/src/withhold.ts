import { isReference } from "./reference.ts";
import type { Runtime } from "./types.ts";

/** The environment variables that secret references in these trees name, each once. References stand as `Reference` objects. */
export function secretVariables(trees: readonly unknown[]): readonly string[] {
  return [...new Set(trees.flatMap(variablesIn))];
}

function variablesIn(value: unknown): readonly string[] {
  if (isReference(value)) return value.secret && "env" in value.source ? [value.source.env] : [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(variablesIn) : [];
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
