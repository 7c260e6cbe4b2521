import type { ClusterRight } from "@rotate/plugin-kit";
import { described } from "./compile/identity.ts";
import type { Spec } from "./model.ts";
import { partsOf } from "./parts-of.ts";

/** What all parts of a spec may have to do in Kubernetes clusters, each once, in the order of the spec. Asks nobody. */
export function clusterRightsOf(
  spec: Pick<Spec, "rotations" | "notify" | "serve" | "groups">,
): readonly ClusterRight[] {
  const rights = [
    ...spec.rotations.flatMap((rotation) => {
      const request = described(rotation.request);
      return partsOf(rotation).flatMap(({ part, options }) => part.clusterRights?.(described(options), request) ?? []);
    }),
    ...[...spec.notify, ...spec.serve].flatMap(({ part, options }) => part.clusterRights?.(described(options)) ?? []),
    ...spec.groups.flatMap(({ name, part, options }) =>
      permitsOf(spec, name).flatMap((permits) => part.clusterRights?.(described(options), permits) ?? []),
    ),
  ];
  return [...new Map(rights.map((right) => [JSON.stringify(right), right])).values()];
}

/** How many consumers of a group may be away at once; none when no reload is of it. */
function permitsOf({ rotations }: Pick<Spec, "rotations">, group: string): readonly number[] {
  const all = rotations.flatMap(({ reloads }) =>
    reloads.flatMap((reload) => (reload.group?.name === group ? [reload.group.maxUnavailable] : [])),
  );
  return all.length === 0 ? [] : [Math.max(...all)];
}
