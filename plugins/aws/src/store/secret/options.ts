import type { Infer, ObjectSchema } from "@rotate/plugin-kit";
import { connection } from "../../options.ts";
import type { StoreContext } from "../login.ts";

/** Options of the sink `aws-secrets-manager`. */
export const options = {
  type: "object",
  properties: {
    ...connection,
    secret: {
      type: "string",
      minLength: 1,
      maxLength: 2048,
      pattern: "^[A-Za-z0-9/_+=.@:!-]+$",
      description: "Its name, or its whole ARN: needed for one of another account",
      examples: ["prod/backstage/db"],
    },
    format: {
      enum: ["json", "value"],
      default: "json",
      description: "json: members of a flat JSON object, others stay; value: the whole text is one value",
    },
    create: { type: "boolean", default: false, description: "Make the secret when it is not there" },
    kmsKeyId: {
      type: "string",
      minLength: 1,
      description: "Key of a secret that it makes; default: aws/secretsmanager",
    },
    force: { type: "boolean", default: false, description: "Write although the secret has a rotation of its own" },
    mark: { type: "boolean", default: true, description: "Tag it `managed-by: rotate`, where the policy allows it" },
  },
  required: ["secret"],
} as const satisfies ObjectSchema;

/** As validated. */
export type SecretOptions = Infer<typeof options>;
/** The context of a call. */
export type SecretContext = StoreContext<SecretOptions>;
