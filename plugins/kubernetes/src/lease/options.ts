import type { ClusterRight, Context, Infer, ObjectSchema } from "@rotate/plugin-kit";
import { clusterOptions, fieldManagerSchema, namespaceSchema } from "../options.ts";

/** Options of `kubernetes-lease`. */
export const options = {
  type: "object",
  properties: {
    namespace: namespaceSchema,
    name: {
      type: "string",
      pattern: "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
      maxLength: 248,
      description: "Of the Leases: NAME-0, NAME-1 and so on, one for each consumer that may be away at once.",
    },
    ...clusterOptions,
    fieldManager: fieldManagerSchema,
  },
  required: ["namespace", "name"],
} as const satisfies ObjectSchema;

/** The context of its calls. */
export type LeaseContext = Context<Infer<typeof options>>;

/** The Lease of a permit. */
export function leaseName({ name }: Pick<LeaseContext["options"], "name">, permit: number): string {
  return `${name}-${permit}`;
}

/** Made once, then read and updated by name. */
export function leaseRights(
  { namespace, name }: Pick<LeaseContext["options"], "namespace" | "name">,
  permits: number,
): readonly ClusterRight[] {
  const about = { group: "coordination.k8s.io", resource: "leases", namespace };
  const named = Array.from({ length: permits }, (_, permit) =>
    ["get", "update"].map((verb) => ({ verb, ...about, name: leaseName({ name }, permit) })),
  );
  return [{ verb: "create", ...about }, ...named.flat()];
}
