import type { Context, Infer, ObjectSchema } from "@rotate/plugin-kit";
import { clusterOptions, nameSchema, namespaceSchema } from "../options.ts";

/** Options of `kubernetes-token`. */
export const options = { type: "object", properties: clusterOptions } as const satisfies ObjectSchema;

/** Request of `kubernetes-token`. */
export const request = {
  type: "object",
  properties: {
    namespace: namespaceSchema,
    serviceAccount: { ...nameSchema, description: "Whose token it is." },
    audiences: {
      type: "array",
      items: { type: "string", minLength: 1 },
      description: "Who is to accept the token. Default: the API server itself.",
      examples: [["vault"], ["sts.amazonaws.com"]],
    },
    ttl: {
      type: "string",
      format: "duration",
      min: "10m",
      description: "Life to ask for, 10 minutes or more. Default: the server's, one hour.",
    },
    boundObject: {
      type: "object",
      description: "An object that the token dies with.",
      properties: {
        kind: { enum: ["Pod", "Secret", "Node"], default: "Secret" },
        name: nameSchema,
        uid: { type: "string", minLength: 1, description: "Refused when the object is another one of that name." },
      },
      required: ["name"],
    },
  },
  required: ["namespace", "serviceAccount"],
} as const satisfies ObjectSchema;

/** The same, validated; `ttl` in ms. */
export type Request = Infer<typeof request>;

/** The context of its calls. */
export type TokenContext = Context<Infer<typeof options>>;
