import type { Context, Infer, ObjectSchema } from "@rotate/plugin-kit";

const name = { type: "string", pattern: "^(?!\\.{1,2}$)[A-Za-z0-9._-]+$" } as const;

/** Options of `github-app`. */
export const options = {
  type: "object",
  properties: {
    appId: { type: "string", minLength: 1, description: "The app's id, or its client id (Iv…)", examples: ["123456"] },
    privateKey: { type: "string", secret: true, description: "PEM, as GitHub made it" },
    baseUrl: {
      type: "string",
      format: "uri",
      default: "https://api.github.com",
      description: "The API; of an Enterprise Server https://HOST/api/v3",
    },
  },
  required: ["appId", "privateKey"],
} as const satisfies ObjectSchema;

/** Request of `github-app`: which installation, and how much less than all that it may. A token lives one hour, always. */
export const request = {
  type: "object",
  properties: {
    installationId: { type: "string", pattern: "^[0-9]+$", description: "Or `owner`, by which it is looked up" },
    owner: { ...name, description: "The organisation or user that installed the app" },
    repositories: {
      type: "array",
      items: name,
      minItems: 1,
      maxItems: 500,
      description: "Names without the owner. Default: all that the installation has",
    },
    permissions: {
      type: "object",
      additionalProperties: { enum: ["read", "write", "admin"] },
      description: "Default: all that the installation has",
      examples: [{ contents: "read", pull_requests: "write" }],
    },
  },
} as const satisfies ObjectSchema;

/** Options of `github-app`, validated. */
export type Options = Infer<typeof options>;

/** Request of `github-app`, validated. */
export type Request = Infer<typeof request>;

/** The context of a call. */
export type Ctx = Context<Options>;
