import type { ClusterRight } from "@rotate/plugin-kit";
import { described } from "./compile/identity.ts";
import type { Rotation, Spec } from "./model.ts";

/** What all parts of a spec may have to do in Kubernetes clusters, each once, in the order of the spec. Asks nobody. */
export function clusterRightsOf(spec: Pick<Spec, "rotations" | "notify">): readonly ClusterRight[] {
  const parts = [...spec.rotations.flatMap(partsOf), ...spec.notify];
  const rights = [
    ...spec.rotations.flatMap(({ provider: { part, options }, request }) =>
      part.clusterRights === undefined ? [] : part.clusterRights(described(options), described(request)),
    ),
    ...parts.flatMap(({ part, options }) => part.clusterRights?.(described(options)) ?? []),
  ];
  return [...new Map(rights.map((right) => [JSON.stringify(right), right])).values()];
}

function partsOf({ sinks, verify, reloads, health }: Rotation) {
  return [...sinks, ...verify, ...reloads, ...health];
}
