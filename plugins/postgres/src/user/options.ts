import type { Infer, ObjectSchema, ProviderContext } from "@rotate/plugin-kit";
import { encryptionOptions } from "@rotate/plugin-kit/databases";

/** Options of `postgres-user`: the server, what rotate logs in with, how it comes by users. */
export const options = {
  type: "object",
  properties: {
    host: { type: "string", minLength: 1, description: "The primary, or the directory of its Unix socket" },
    port: { type: "integer", minimum: 1, maximum: 65_535, default: 5432 },
    database: {
      type: "string",
      minLength: 1,
      default: "postgres",
      description: "Where rotate logs in; with `ring`, where its functions are",
    },
    user: { type: "string", minLength: 1, description: "The role that rotate itself logs in with" },
    password: { type: "string", secret: true, description: "Left out where the server knows the role by peer or cert" },
    ...encryptionOptions,
    connectTimeout: { type: "string", format: "duration", default: "10s", min: "100ms", max: "10m" },
    strategy: {
      enum: ["ring", "dynamic"],
      default: "ring",
      description:
        "`ring` takes one of a few users that are there, through two functions; `dynamic` makes and drops users",
    },
    setRole: {
      type: "string",
      minLength: 1,
      description: "The role that makes and drops users: whoever is a member of it can drop what another one made",
    },
    send: {
      enum: ["verifier", "password"],
      default: "verifier",
      description: "What the server is told: a SCRAM verifier, or, where it takes none, the password itself",
    },
    sessions: {
      enum: ["wait", "end"],
      default: "wait",
      description: "At a revocation: wait until the user's sessions are over, or end them",
    },
  },
  required: ["host", "user"],
} as const satisfies ObjectSchema;

/** What one rotation asks for. */
export const request = {
  type: "object",
  properties: {
    group: {
      type: "string",
      pattern: "^[A-Za-z_][A-Za-z0-9_$-]*$",
      maxLength: 56,
      description: "The role whose rights the users have: each is a member of it, and acts as it",
    },
    ttl: { type: "string", format: "duration", min: "1m", max: "31d", default: "24h" },
    prefix: {
      type: "string",
      pattern: "^[A-Za-z_][A-Za-z0-9_$-]*$",
      description: "With `dynamic`: what the names of users begin with; default: the group",
    },
  },
  required: ["group"],
} as const satisfies ObjectSchema;

/** What `revoke` and `lives` need. */
export const handle = {
  type: "object",
  properties: {
    user: { type: "string" },
    group: { type: "string" },
    strategy: { enum: ["ring", "dynamic"] },
  },
  required: ["user", "group", "strategy"],
} as const satisfies ObjectSchema;

/** The options, validated. */
export type Options = Infer<typeof options>;
/** A request, validated; `ttl` in milliseconds. */
export type Request = Infer<typeof request>;
/** What is kept of a lease; no secret. */
export type Handle = Infer<typeof handle>;
/** The context of every call. */
export type UserContext = ProviderContext<Options>;
