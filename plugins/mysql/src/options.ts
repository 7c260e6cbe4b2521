import type { Infer, ObjectSchema, ProviderContext } from "@rotate/plugin-kit";
import { encryptionOptions } from "@rotate/plugin-kit/databases";

const name = "^[A-Za-z_][A-Za-z0-9_.$-]*$";

/** What both servers have. */
const common = {
  host: { type: "string", minLength: 1, description: "The server that is written to, or the path of its Unix socket" },
  port: { type: "integer", minimum: 1, maximum: 65_535, default: 3306 },
  user: { type: "string", minLength: 1, description: "The user that rotate itself logs in with" },
  password: { type: "string", secret: true, description: "Left out where the server knows the user by its socket" },
  ...encryptionOptions,
  connectTimeout: { type: "string", format: "duration", default: "10s", min: "100ms", max: "10m" },
  from: {
    type: "string",
    pattern: "^[A-Za-z0-9_.:%/-]+$",
    default: "%",
    description: "The hosts that the users may come from, as in 'app'@'10.0.0.%'",
  },
  events: {
    type: "string",
    pattern: name,
    description: "A database that holds an event for each user, by which the server itself drops it at its end",
  },
  send: {
    enum: ["verifier", "password"],
    default: "verifier",
    description: "What the server is told: a verifier, or, where it takes none, the password itself",
  },
  sessions: {
    enum: ["wait", "end"],
    default: "wait",
    description: "At a revocation: wait until the user's connections are over, or end them",
  },
} as const;

const ttl = {
  type: "string",
  format: "duration",
  min: "1m",
  max: "31d",
  description: "With `events`: the life of a user; default 24h",
} as const;

const prefix = { type: "string", pattern: name, default: "app" } as const;

/** Options of `mysql-user`. */
export const mysqlOptions = {
  type: "object",
  properties: {
    ...common,
    strategy: {
      enum: ["dynamic", "retain"],
      default: "dynamic",
      description: "`dynamic` makes and drops users; `retain` gives one user a second password beside the held one",
    },
    prefix: { ...prefix, maxLength: 14, description: "With `dynamic`: what the names of users begin with" },
  },
  required: ["host", "user"],
} as const satisfies ObjectSchema;

/** What a rotation asks of MySQL. */
export const mysqlRequest = {
  type: "object",
  properties: {
    role: { type: "string", pattern: name, description: "With `dynamic`: the role that each user has" },
    account: {
      type: "string",
      pattern: name,
      maxLength: 32,
      description: "With `retain`: the user whose password is rotated",
    },
    ttl,
  },
} as const satisfies ObjectSchema;

/** Options of `mariadb-user`. */
export const mariadbOptions = {
  type: "object",
  properties: { ...common, prefix: { ...prefix, maxLength: 39, description: "What the names of users begin with" } },
  required: ["host", "user"],
} as const satisfies ObjectSchema;

/** What a rotation asks of MariaDB. */
export const mariadbRequest = {
  type: "object",
  properties: {
    grants: {
      type: "array",
      items: {
        type: "string",
        pattern: "^[A-Za-z ,]+ [oO][nN] (\\*|`?[A-Za-z0-9_$-]+`?)\\.(\\*|`?[A-Za-z0-9_$-]+`?)$",
      },
      minItems: 1,
      maxItems: 50,
      description: "What each user may do, as GRANT takes it",
      examples: [["select, insert, update, delete on app.*"]],
    },
    ttl,
  },
  required: ["grants"],
} as const satisfies ObjectSchema;

/** What `revoke` and `lives` need. `from` and `events` as they were at the mint. */
export const handle = {
  type: "object",
  properties: {
    user: { type: "string" },
    from: { type: "string" },
    events: { type: "string" },
    strategy: { enum: ["dynamic", "retain"] },
  },
  required: ["user", "from", "strategy"],
} as const satisfies ObjectSchema;

/** Options that both servers have, validated. */
export type Options = Infer<typeof mariadbOptions>;
/** What is kept of a lease; no secret. */
export type Handle = Infer<typeof handle>;
/** A handle with the id of its lease. */
export type Held = Handle & { readonly id: string };
/** The context of every call. */
export type UserContext = ProviderContext<Options>;
