import { bundlesOf } from "../loading/bundles.ts";
import { defaultLabel } from "./boss.ts";
import type { Rotation } from "../loading/model.ts";

/** Which rotations have one job: those that share a reload. */
export interface Bundles {
  /** Names the job of a rotation. */
  readonly keyOf: (rotation: string) => string;
  /** Of one job. A job of none that is known is that of the rotation of its name. */
  readonly members: (key: string) => readonly string[];
  readonly keys: () => readonly string[];
  readonly has: (key: string) => boolean;
  /** Which hosts take it: those that serve this label. */
  readonly labelOf: (key: string) => string;
  /** How many rotations the largest has; at least 1. */
  readonly largest: number;
}

/** The bundles of a spec. The key does not depend on the order of the spec. */
export function createBundles(rotations: readonly Pick<Rotation, "name" | "reloads" | "runsOn">[]): Bundles {
  const byName = bundlesOf(rotations);
  const labels = new Map(rotations.map(({ name, runsOn }) => [name, runsOn]));
  const byKey = new Map([...new Set(byName.values())].map((bundle) => [keyIn(bundle), bundle]));
  return {
    keyOf: (rotation) => keyIn(byName.get(rotation) ?? [rotation]),
    members: (key) => byKey.get(key) ?? [key],
    keys: () => [...byKey.keys()],
    has: (key) => byKey.has(key),
    labelOf: (key) => labels.get(key) ?? defaultLabel,
    largest: [...byKey.values()].reduce((most, { length }) => Math.max(most, length), 1),
  };
}

function keyIn(bundle: readonly string[]): string {
  return bundle.reduce((first, name) => (name < first ? name : first));
}
