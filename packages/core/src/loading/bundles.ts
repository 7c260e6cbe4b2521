import type { Rotation } from "./model.ts";
import { sharedReloads } from "./shared-reloads.ts";

/** By name: what has to be claimed together. Two machines would run a reload twice that rotations share, directly or by way of others. */
export function bundlesOf(
  rotations: readonly Pick<Rotation, "name" | "reloads">[],
): ReadonlyMap<string, readonly string[]> {
  const bundles = new Map<string, readonly string[]>();
  const users = new Map<string, string>();
  for (const { name, reloads } of rotations) {
    const shared = sharedReloads({ reloads });
    const others = shared.flatMap((reload) => bundles.get(users.get(reload) ?? "") ?? []);
    const bundle = [...new Set([...others, name])];
    for (const member of bundle) bundles.set(member, bundle);
    for (const reload of shared) users.set(reload, name);
  }
  return bundles;
}
