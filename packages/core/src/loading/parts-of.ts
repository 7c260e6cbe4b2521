import type { PartFacts } from "@rotate/plugin-kit";
import type { Kind, Parts } from "./kinds.ts";
import type { Bound, Rotation, Spec } from "./model.ts";

/** Where the parts of each kind are in a spec. */
export const boundOf: { readonly [K in Kind]: (spec: Spec) => readonly Bound<Parts[K]>[] } = {
  providers: ({ providers }) => [...providers.values()],
  sinks: ({ rotations }) => rotations.flatMap(({ sinks }) => sinks),
  reloads: ({ rotations }) => rotations.flatMap(({ reloads }) => reloads),
  probes: ({ rotations }) => rotations.flatMap(({ verify, health }) => [...verify, ...health]),
  notifiers: ({ notify }) => notify,
  endpoints: ({ serve }) => serve,
  coordinators: ({ groups }) => groups,
};

/** All parts that a rotation uses, its provider first. */
export function partsOf({
  provider,
  sinks,
  verify,
  reloads,
  health,
}: Pick<Rotation, "provider" | "sinks" | "verify" | "reloads" | "health">): readonly Bound<PartFacts<unknown>>[] {
  return [provider, ...sinks, ...verify, ...reloads, ...health];
}
