import { sourcesIn } from "./roots/roots.ts";
import type { ProviderEntry, Spec } from "./model.ts";

/** The files that a spec stands on. Absolute paths. */
export interface FilesOfSpec {
  /** The spec itself and its lists. */
  readonly spec: readonly string[];
  /** What its references read, with the providers that stand on it: their own login, or the requests and targets of their rotations. */
  readonly references: ReadonlyMap<string, ReadonlySet<string>>;
}

/** A spec from standard input has no file of its own. */
export function filesOf({ file, lists, providers, rotations }: Spec): FilesOfSpec {
  const references = new Map<string, Set<string>>();
  function note({ name }: ProviderEntry, options: unknown): void {
    for (const source of sourcesIn(options))
      if ("file" in source) references.set(source.file, (references.get(source.file) ?? new Set()).add(name));
  }
  for (const provider of providers.values()) note(provider, provider.options);
  for (const { provider, request, sinks, reloads, verify, health } of rotations)
    note(provider, [request, ...[...sinks, ...reloads, ...verify, ...health].map(({ options }) => options)]);
  return { spec: [...(file === "-" ? [] : [file]), ...lists], references };
}
