import type { ReloadEntry } from "./model.ts";

/** What runs after a rotation, as far as others may have it too. */
export interface Reloading {
  readonly reloads: readonly Pick<ReloadEntry, "name">[];
}

/** The names of its reloads: those that other rotations may have too. */
export function sharedReloads({ reloads }: Reloading): readonly string[] {
  return reloads.flatMap(({ name }) => name ?? []);
}
