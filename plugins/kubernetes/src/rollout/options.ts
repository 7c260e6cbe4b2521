import type { Context, Infer, ObjectSchema } from "@rotate/plugin-kit";
import { clusterOptions, fieldManagerSchema, nameSchema, namespaceSchema } from "../options.ts";

/** Options of `kubernetes-rollout`. */
export const options = {
  type: "object",
  properties: {
    kind: { enum: ["deployment", "statefulset", "daemonset"], default: "deployment", description: "Kind of workload." },
    namespace: namespaceSchema,
    name: { ...nameSchema, description: "Of the workload." },
    ...clusterOptions,
    fieldManager: fieldManagerSchema,
    delay: {
      type: "string",
      format: "duration",
      default: "2s",
      description:
        "Pause before the rollout when a Secret was written: a node that still has the old one would start new pods with it.",
    },
    adopts: {
      type: "boolean",
      default: true,
      description: "Does a finished rollout show that all pods hold the new credential?",
    },
  },
  required: ["namespace", "name"],
} as const satisfies ObjectSchema;

/** The context of its calls. */
export type RolloutContext = Context<Infer<typeof options>>;

/** For messages. */
export function nameOf({ options: { kind, namespace, name } }: RolloutContext): string {
  return `${kind} ${namespace}/${name}`;
}
