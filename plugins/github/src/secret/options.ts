import type { Infer, LoggedIn, Login, ObjectSchema, Secret } from "@rotate/plugin-kit";
import { caseless } from "@rotate/plugin-kit/stores";
import { options as appOptions } from "../app/options.ts";

const repository = {
  type: "string",
  pattern: "^(?!\\.{1,2}/)[A-Za-z0-9._-]+/(?!\\.{1,2}$)[A-Za-z0-9._-]+$",
  description: "OWNER/NAME",
  examples: ["acme/app"],
} as const;

const { appId, privateKey, baseUrl } = appOptions.properties;

/** Options of `github-secret`. */
export const options = {
  type: "object",
  properties: {
    place: {
      anyOf: [
        {
          type: "object",
          description: "A secret of a repository",
          properties: { of: { const: "repository" }, repository },
          required: ["of", "repository"],
        },
        {
          type: "object",
          description: "A secret of an environment of a repository",
          properties: {
            of: { const: "environment" },
            repository,
            environment: { type: "string", minLength: 1, maxLength: 255, examples: ["production"] },
          },
          required: ["of", "repository", "environment"],
        },
        {
          type: "object",
          description: "A secret of an organisation. Who may use it stays as it is",
          properties: {
            of: { const: "organization" },
            organization: { type: "string", pattern: "^[A-Za-z0-9-]+$", examples: ["acme"] },
            visibility: {
              enum: ["selected", "private", "all"],
              default: "selected",
              description: "Of a secret that we make; `selected`: of no repository until you select some",
            },
          },
          required: ["of", "organization"],
        },
      ],
    },
    name: {
      type: "string",
      pattern: "^(?![Gg][Ii][Tt][Hh][Uu][Bb]_)[A-Za-z_][A-Za-z0-9_]*$",
      maxLength: 255,
      description: "Of the secret, not GITHUB_…; GitHub keeps it in upper case",
      examples: ["DATABASE_PASSWORD"],
    },
    create: { type: "boolean", default: false, description: "Make the secret when it is not there" },
    auth: {
      anyOf: [
        {
          type: "object",
          description: "A GitHub App that is installed there",
          properties: {
            method: { const: "app" },
            appId,
            privateKey,
            installationId: { type: "string", pattern: "^[0-9]+$", description: "Default: looked up by the owner" },
          },
          required: ["method", "appId", "privateKey"],
        },
        {
          type: "object",
          description: "A personal access token, best a fine-grained one",
          properties: { method: { const: "token" }, token: { type: "string", secret: true } },
          required: ["method", "token"],
        },
      ],
    },
    baseUrl,
  },
  required: ["place", "name", "auth"],
} as const satisfies ObjectSchema;

/** Options of `github-secret`, validated. */
export type SecretOptions = Infer<typeof options>;

/** A token that may write secrets in the place. */
export interface SecretLogin extends Login {
  readonly token: Secret;
}

/** The context of its calls. */
export type SecretContext = LoggedIn<SecretOptions, SecretLogin>;

/** Which secret is meant, for messages and as the sink's target: GitHub tells neither names nor owners apart by their case. */
export function secretName({ place, name }: Pick<SecretOptions, "place" | "name">): string {
  const secret = name.startsWith("{ ") ? name : name.toUpperCase();
  if (place.of === "organization") return `secret ${secret} of organization ${caseless(place.organization)}`;
  const where = caseless(place.repository);
  return place.of === "repository"
    ? `secret ${secret} of ${where}`
    : `secret ${secret} of environment ${caseless(place.environment)} of ${where}`;
}

/** Where the API has the secrets of the place (docs.github.com/rest/actions/secrets). */
export function placePath({ place }: Pick<SecretOptions, "place">): string {
  if (place.of === "organization") return `/orgs/${place.organization}/actions/secrets`;
  if (place.of === "repository") return `/repos/${place.repository}/actions/secrets`;
  return `/repos/${place.repository}/environments/${encodeURIComponent(place.environment)}/secrets`;
}
