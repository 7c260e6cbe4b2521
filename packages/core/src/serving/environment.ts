import { described } from "../loading/compile/identity.ts";
import { bare } from "../loading/compile/serve.ts";
import type { EndpointEntry, Spec } from "../loading/model.ts";

/** How a command finds the endpoints of its rotations. */
export interface EndpointVariables {
  /** Entries that serve one of the rotations. */
  readonly entries: readonly EndpointEntry[];
  readonly values: Readonly<Record<string, string>>;
  /** What its clients would look at before. */
  readonly shadowedBy: readonly string[];
}

/** The variables of all entries that serve these rotations. Nothing is opened. */
export function endpointVariables({ serve }: Pick<Spec, "serve">, names: readonly string[]): EndpointVariables {
  const entries = serve.filter(({ rotations }) => rotations.some((name) => names.includes(name)));
  const pairs = entries.flatMap(({ part, options, listen }) =>
    Object.entries(part.environment?.(described(options), bare(listen)) ?? {}),
  );
  return {
    entries,
    values: Object.fromEntries(pairs),
    shadowedBy: entries.flatMap(({ part }) => part.shadowedBy ?? []),
  };
}
