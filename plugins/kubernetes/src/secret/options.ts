import type { Context, Infer, ObjectSchema } from "@rotate/plugin-kit";
import { clusterOptions, fieldManagerSchema, nameSchema, namespaceSchema } from "../options.ts";

/** Options of `kubernetes-secret`. */
export const options = {
  type: "object",
  properties: {
    namespace: namespaceSchema,
    name: { ...nameSchema, description: "Of the Secret." },
    ...clusterOptions,
    create: { type: "boolean", default: true, description: "Make the Secret when it is not there." },
    secretType: {
      type: "string",
      minLength: 1,
      description: "Of the Secret when we make it; it can never change. Default: Opaque.",
      examples: ["kubernetes.io/tls"],
    },
    labels: {
      type: "object",
      additionalProperties: { type: "string", maxLength: 63 },
      description: "Set on the Secret; others stay.",
    },
    fieldManager: fieldManagerSchema,
    force: {
      type: "boolean",
      default: false,
      description: "Take keys over that another manager owns. In a Secret that we made it is done anyway.",
    },
  },
  required: ["namespace", "name"],
} as const satisfies ObjectSchema;

/** The same, validated. */
export type SecretOptions = Infer<typeof options>;

/** The context of its calls. */
export type SecretContext = Context<SecretOptions>;

/** For messages. */
export function nameOf({ options: { namespace, name } }: SecretContext): string {
  return `secret ${namespace}/${name}`;
}
