import type { Infer, ObjectSchema, ProviderContext } from "@rotate/plugin-kit";
import { encryptionOptions } from "@rotate/plugin-kit/databases";

/** Options of `redis-user`: the servers, and what rotate logs in with. */
export const options = {
  type: "object",
  properties: {
    nodes: {
      type: "array",
      items: { type: "string", pattern: "^([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\]):[0-9]{1,5}$" },
      minItems: 1,
      maxItems: 64,
      uniqueItems: true,
      description: "Every server, `host:port`, replicas too: users are not replicated",
      examples: [["redis-0.internal:6379", "redis-1.internal:6379"]],
    },
    user: { type: "string", minLength: 1, description: "The user that rotate itself logs in with" },
    password: { type: "string", secret: true },
    tls: {
      ...encryptionOptions.tls,
      description: "`require` encrypts without checking who answers; `disable` sends rotate's own password in clear",
    },
    ca: encryptionOptions.ca,
    connectTimeout: { type: "string", format: "duration", default: "10s", min: "100ms", max: "10m" },
    persist: {
      enum: ["aclfile", "none"],
      default: "aclfile",
      description: "Where users outlive a restart of the server: in its `aclfile`, or nowhere",
    },
    sessions: {
      enum: ["wait", "end"],
      default: "wait",
      description: "At a revocation: wait until the user's connections are over, or end them",
    },
  },
  required: ["nodes", "user", "password"],
} as const satisfies ObjectSchema;

/** What one rotation asks for. */
export const request = {
  type: "object",
  properties: {
    rules: {
      type: "array",
      // Nothing that lets in, or says who is let in: that is ours.
      items: {
        type: "string",
        pattern: "^([~%&+-].*|\\(.*\\)|allkeys|allchannels|allcommands|resetchannels)$",
        maxLength: 1000,
      },
      minItems: 1,
      maxItems: 200,
      description: "What the user may do, as ACL SETUSER takes it",
      examples: [["~app:*", "+@read", "+@write", "-@dangerous"]],
    },
    prefix: {
      type: "string",
      pattern: "^[A-Za-z][A-Za-z0-9._-]*$",
      maxLength: 60,
      default: "app",
      description: "What the names of users begin with",
    },
  },
  required: ["rules"],
} as const satisfies ObjectSchema;

/** What `revoke` and `lives` need. */
export const handle = {
  type: "object",
  properties: { user: { type: "string" } },
  required: ["user"],
} as const satisfies ObjectSchema;

/** The options, validated. */
export type Options = Infer<typeof options>;
/** The context of every call. */
export type RedisContext = ProviderContext<Options>;
