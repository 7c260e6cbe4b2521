import type { Infer, LoggedIn, Login, ObjectSchema, Secret } from "@rotate/plugin-kit";
import { documentFormat } from "@rotate/plugin-kit/stores";
import { options as accessOptions } from "../options.ts";

const { source, impersonate, universe, endpoints } = accessOptions.properties;
const alias = {
  type: "string",
  pattern: "^(?!latest$|NEW$)[A-Za-z][A-Za-z0-9_-]{0,62}$",
} as const;

/** Options of `gcp-secret-manager`. */
export const options = {
  type: "object",
  properties: {
    project: {
      type: "string",
      pattern: "^[a-z0-9][a-z0-9.:-]{0,62}$",
      description: "Id or number",
      examples: ["acme-prod"],
    },
    secret: { type: "string", pattern: "^[A-Za-z0-9_-]{1,255}$", description: "Its name", examples: ["app-database"] },
    location: {
      type: "string",
      pattern: "^[a-z][a-z0-9-]+$",
      description: "Of a regional secret",
      examples: ["europe-west3"],
    },
    alias: {
      ...alias,
      description: "Readers take the version with this alias. Absent: they take `latest`",
      examples: ["current"],
    },
    previous: { ...alias, default: "previous", description: "With `alias`: the alias of the version before" },
    format: documentFormat,
    create: { type: "boolean", default: false, description: "Make the secret when it is not there" },
    keep: {
      type: "integer",
      minimum: 2,
      maximum: 1000,
      description: "Destroy versions that rotate wrote, but for so many. Absent: none is destroyed",
    },
    source,
    impersonate,
    universe,
    endpoints: {
      ...endpoints,
      properties: { ...endpoints.properties, secretManager: { type: "string", format: "uri" } },
    },
  },
  required: ["project", "secret", "source"],
} as const satisfies ObjectSchema;

/** Options of `gcp-secret-manager`, validated. */
export type SecretOptions = Infer<typeof options>;

/** An access token for Secret Manager. */
export interface SecretLogin extends Login {
  readonly token: Secret;
}

/** The context of its calls. */
export type SecretContext = LoggedIn<SecretOptions, SecretLogin>;

/** The resource name: `projects/P/secrets/S`, or with its location. */
export function resourceName({
  project,
  location,
  secret,
}: Pick<SecretOptions, "project" | "location" | "secret">): string {
  return `projects/${project}/${location === undefined ? "" : `locations/${location}/`}secrets/${secret}`;
}
