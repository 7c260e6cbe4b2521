import type { Infer, ObjectSchema } from "@rotate/plugin-kit";
import { connection } from "../../options.ts";
import type { StoreContext } from "../login.ts";

/** Options of the sink `aws-ssm-parameter`. */
export const options = {
  type: "object",
  properties: {
    ...connection,
    name: {
      type: "string",
      minLength: 1,
      maxLength: 1011,
      pattern: "^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$",
      description: "Of the parameter, with its path",
      examples: ["/prod/backstage/db-password"],
    },
    kmsKeyId: {
      type: "string",
      minLength: 1,
      description: "Key that encrypts it; default: the one of its newest version, of a new parameter alias/aws/ssm",
    },
    create: {
      type: "boolean",
      default: false,
      description: "Make the parameter, a SecureString, when it is not there",
    },
    mark: { type: "boolean", default: true, description: "Tag it `managed-by: rotate`, where the policy allows it" },
  },
  required: ["name"],
} as const satisfies ObjectSchema;

/** As validated. */
export type ParameterOptions = Infer<typeof options>;
/** The context of a call. */
export type ParameterContext = StoreContext<ParameterOptions>;
