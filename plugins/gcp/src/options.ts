import type { Context, Infer, ObjectSchema } from "@rotate/plugin-kit";

const secret = { type: "string", secret: true } as const;
const text = { type: "string", minLength: 1 } as const;
const email = {
  type: "string",
  pattern: "^[^@\\s/:]+@[^@\\s/:]+$",
  examples: ["deploy@acme-prod.iam.gserviceaccount.com"],
} as const;
const field = { ...text, description: "Given, the answer is JSON, and this member of it is the token" } as const;

const subject = {
  anyOf: [
    {
      type: "object",
      description: "A file, a variable or a command, read anew at each exchange",
      properties: { from: { const: "reference" }, token: secret, field },
      required: ["from", "token"],
    },
    {
      type: "object",
      description: "A local service that answers with the token",
      properties: {
        from: { const: "url" },
        url: { type: "string", format: "uri" },
        headers: { type: "object", additionalProperties: { type: "string" } },
        field,
      },
      required: ["from", "url"],
    },
    {
      type: "object",
      description: "A program that prints Google's executable response format",
      properties: {
        from: { const: "executable" },
        command: { type: "array", items: { type: "string" }, minItems: 1 },
        timeout: { type: "string", format: "duration", default: "30s", min: "5s", max: "2m" },
      },
      required: ["from", "command"],
    },
    {
      type: "object",
      description: "The identity of a GitHub Actions job (permissions: id-token: write)",
      properties: {
        from: { const: "github-actions" },
        audience: { ...text, description: "Default: https: and the pool provider's audience" },
      },
      required: ["from"],
    },
  ],
} as const;

const source = {
  anyOf: [
    {
      type: "object",
      description:
        "The metadata server of Compute Engine, GKE, Cloud Run and the like (GCE_METADATA_HOST overrides it)",
      properties: {
        method: { const: "metadata" },
        account: { ...text, pattern: "^[^/?#]+$", default: "default", description: "`default`, or an email" },
      },
      required: ["method"],
    },
    {
      type: "object",
      description: "The key of a service account",
      properties: {
        method: { const: "service-account" },
        key: { ...secret, description: "The whole JSON key file" },
        subject: { ...text, description: "The user to act as (domain-wide delegation)" },
      },
      required: ["method", "key"],
    },
    {
      type: "object",
      description: "What `gcloud auth application-default login` left",
      properties: {
        method: { const: "authorized-user" },
        credentials: { ...secret, description: "The whole JSON file: application_default_credentials.json" },
      },
      required: ["method", "credentials"],
    },
    {
      type: "object",
      description: "The identity token of another issuer, exchanged",
      properties: {
        method: { const: "workload-identity" },
        audience: {
          ...text,
          description: "The provider of the pool",
          examples: ["//iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/ci/providers/github"],
        },
        subjectTokenType: {
          enum: [
            "urn:ietf:params:oauth:token-type:jwt",
            "urn:ietf:params:oauth:token-type:id_token",
            "urn:ietf:params:oauth:token-type:saml2",
          ],
          default: "urn:ietf:params:oauth:token-type:jwt",
        },
        subject,
      },
      required: ["method", "audience", "subject"],
    },
    {
      type: "object",
      description: "The login that the gcloud CLI keeps",
      properties: {
        method: { const: "gcloud" },
        command: { ...text, default: "gcloud", description: "A name or a path" },
        account: { ...text, description: "Default: gcloud's active account" },
        configuration: { ...text, description: "Default: gcloud's active configuration" },
      },
      required: ["method"],
    },
  ],
} as const;

/** Options of `gcp-access-token`: who we are, and whom we act as. */
export const options = {
  type: "object",
  properties: {
    source,
    impersonate: {
      type: "object",
      description: "A service account to act as, whatever the source",
      properties: {
        account: email,
        delegates: {
          type: "array",
          items: email,
          minItems: 1,
          description: "The chain of accounts in between, each allowed to act as the next",
        },
      },
      required: ["account"],
    },
    universe: { ...text, default: "googleapis.com", description: "Another universe domain than Google Cloud's own" },
    endpoints: {
      type: "object",
      description: "Addresses in place of the universe's, as Private Service Connect has them",
      properties: {
        oauth2: { type: "string", format: "uri" },
        sts: { type: "string", format: "uri" },
        iamCredentials: { type: "string", format: "uri" },
      },
    },
  },
  required: ["source"],
} as const satisfies ObjectSchema;

/** Request of `gcp-access-token`. */
export const request = {
  type: "object",
  properties: {
    scopes: {
      type: "array",
      items: { ...text, pattern: "^\\S+$" },
      minItems: 1,
      description: "Default: https://www.googleapis.com/auth/cloud-platform",
      examples: [["https://www.googleapis.com/auth/sqlservice.login"]],
    },
    idToken: {
      type: "object",
      description: "An identity token instead, for services that check who calls (Cloud Run, IAP)",
      properties: {
        audience: { ...text, examples: ["https://service-abc.a.run.app"] },
        includeEmail: { type: "boolean", default: false },
      },
      required: ["audience"],
    },
    ttl: {
      type: "string",
      format: "duration",
      min: "1s",
      max: "12h",
      description:
        "Only with `impersonate`, and for access tokens; over 1h the organisation must allow it for the account",
    },
  },
} as const satisfies ObjectSchema;

/** Options of `gcp-access-token`, validated. */
export type Options = Infer<typeof options>;

/** How we prove who we are: one of the methods. */
export type Source = Options["source"];

/** Where workload identity federation gets the token that it exchanges. */
export type Subject = Extract<Source, { readonly method: "workload-identity" }>["subject"];

/** Request of `gcp-access-token`, validated; `ttl` in ms. */
export type Request = Infer<typeof request>;

/** The context of a call. */
export type Ctx = Context<Options>;
