import type { Context, Infer, ObjectSchema } from "@rotate/plugin-kit";

const clientId = {
  type: "string",
  minLength: 1,
  description: "Application id (a UUID) of the service principal",
} as const;
const federated = {
  clientId,
  audience: { type: "string", description: "Audience of the identity token; default: what the workspace asks for" },
} as const;

const auth = {
  anyOf: [
    {
      type: "object",
      properties: { method: { const: "pat" }, token: { type: "string", secret: true } },
      required: ["method", "token"],
      description: "A personal access token (dapi…)",
    },
    {
      type: "object",
      properties: {
        method: { const: "oauth-m2m" },
        clientId,
        clientSecret: { type: "string", secret: true },
        scope: { type: "string", default: "all-apis", description: "`postgres` is enough to mint" },
      },
      required: ["method", "clientId", "clientSecret"],
      description: "The OAuth secret of a service principal",
    },
    {
      type: "object",
      properties: { method: { const: "github-oidc" }, ...federated },
      required: ["method"],
      description: "The identity of a GitHub Actions job (permissions: id-token: write)",
    },
    {
      type: "object",
      properties: { method: { const: "env-oidc" }, token: { type: "string", secret: true }, clientId },
      required: ["method", "token"],
      description: "An identity token of another issuer, from the environment",
    },
    {
      type: "object",
      properties: { method: { const: "file-oidc" }, token: { type: "string", secret: true }, clientId },
      required: ["method", "token"],
      description: "An identity token of another issuer, from a file",
    },
    {
      type: "object",
      properties: { method: { const: "databricks-cli" }, profile: { type: "string", minLength: 1 } },
      required: ["method"],
      description: "A person's login, kept by `databricks auth login`",
    },
    {
      type: "object",
      properties: {
        method: { const: "profile" },
        profile: { type: "string", minLength: 1, description: "Default: `default_profile`, else DEFAULT" },
        configFile: {
          type: "string",
          format: "path",
          description: "Default: DATABRICKS_CONFIG_FILE, else ~/.databrickscfg",
        },
      },
      required: ["method"],
      description: "A profile of ~/.databrickscfg",
    },
  ],
} as const;

/** Options of `databricks-postgres`. */
export const options = {
  type: "object",
  properties: {
    host: {
      type: "string",
      minLength: 1,
      description: "Workspace URL; may be left out when a profile names it",
      examples: ["https://dbc-a1b2c3d4-e5f6.cloud.databricks.com"],
    },
    workspaceId: {
      type: "string",
      pattern: "^[0-9]+$",
      description: "Needed on a host that serves several workspaces",
    },
    api: { enum: ["autoscaling", "provisioned"], default: "autoscaling", description: "Generation of Lakebase" },
    method: { enum: ["http", "cli"], default: "http", description: "Mint over HTTP, or by running the Databricks CLI" },
    cli: { type: "string", minLength: 1, default: "databricks", description: "The Databricks CLI: a name or a path" },
    auth,
  },
  required: ["auth"],
} as const satisfies ObjectSchema;

/**
 * Request of `databricks-postgres`. The service takes lives of 5 minutes to 1 hour. Only the upper end is held here, because the engine must be
 * able to hold an answer to it; below 5 minutes the service itself answers, so that a service (or a double) with another minimum stays usable.
 */
export const request = {
  type: "object",
  properties: {
    endpoint: {
      type: "string",
      pattern: "^projects/[a-z0-9-]{1,63}/branches/[a-z0-9-]{1,63}/endpoints/[a-z0-9-]{1,63}$",
      description: "With `api: autoscaling`: the endpoint's path, of names as the API lists them",
      examples: ["projects/app/branches/production/endpoints/primary"],
    },
    instances: {
      type: "array",
      items: { type: "string", minLength: 1 },
      minItems: 1,
      description: "With `api: provisioned`: names of database instances",
    },
    ttl: {
      type: "string",
      format: "duration",
      min: "1s",
      max: "1h",
      default: "1h",
      description: "The service takes 5m to 1h; `api: provisioned` always gives 1h",
    },
    claims: {
      type: "array",
      items: {
        type: "object",
        properties: {
          permissionSet: { enum: ["READ_ONLY"] },
          tables: { type: "array", items: { type: "string", minLength: 1 }, minItems: 1 },
        },
        required: ["permissionSet", "tables"],
      },
      minItems: 1,
      description: "Narrows the credential to tables (catalog.schema.table)",
    },
  },
} as const satisfies ObjectSchema;

/** Options of `databricks-postgres`, validated. */
export type Options = Infer<typeof options>;

/** Request of `databricks-postgres`, validated; `ttl` in ms. */
export type Request = Infer<typeof request>;

/** The context of a call. */
export type Ctx = Context<Options>;
