import type { Rotation } from "./model.ts";

/** The names of its reloads: those that other rotations may have too. */
export function sharedReloads({ reloads }: Pick<Rotation, "reloads">): readonly string[] {
  return reloads.flatMap(({ name }) => name ?? []);
}
