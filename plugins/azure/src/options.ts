import type { Context, Infer, ObjectSchema } from "@rotate/plugin-kit";

const secret = { type: "string", secret: true } as const;
const text = { type: "string", minLength: 1 } as const;
const clientId = { ...text, description: "Application (client) id of the app registration" } as const;

const auth = {
  anyOf: [
    {
      type: "object",
      description: "A client secret: its value, not its id",
      properties: { method: { const: "client-secret" }, clientId, clientSecret: secret },
      required: ["method", "clientId", "clientSecret"],
    },
    {
      type: "object",
      description: "A certificate of the app registration, and its key",
      properties: {
        method: { const: "client-certificate" },
        clientId,
        certificate: { ...text, description: "PEM, best as `{ file: PATH }`" },
        key: { ...secret, description: "Its private key, RSA, PEM" },
      },
      required: ["method", "clientId", "certificate", "key"],
    },
    {
      type: "object",
      description: "Another issuer's token by a federated credential: workload identity of Kubernetes, a CI job",
      properties: {
        method: { const: "federated" },
        clientId: { ...clientId, description: "Default: AZURE_CLIENT_ID" },
        token: {
          ...secret,
          description: "Read anew at each mint. Default: the file that AZURE_FEDERATED_TOKEN_FILE names",
        },
      },
      required: ["method"],
    },
    {
      type: "object",
      description: "The identity of a GitHub Actions job (permissions: id-token: write)",
      properties: {
        method: { const: "github-oidc" },
        clientId: { ...clientId, description: "Default: AZURE_CLIENT_ID" },
        audience: { ...text, default: "api://AzureADTokenExchange" },
      },
      required: ["method"],
    },
    {
      type: "object",
      description:
        "The managed identity of a virtual machine, App Service, Functions or a container app; the system's own, unless one is named",
      properties: {
        method: { const: "managed-identity" },
        clientId: { ...text, description: "Of a user-assigned identity" },
        objectId: { ...text, description: "Or its object (principal) id" },
        resourceId: { ...text, description: "Or its resource id" },
      },
      required: ["method"],
    },
  ],
} as const;

/** Options of `azure-entra`. */
export const options = {
  type: "object",
  properties: {
    tenantId: {
      ...text,
      pattern: "^[A-Za-z0-9.-]+$",
      description: "Id or domain. Default: AZURE_TENANT_ID; a managed identity needs none",
    },
    authority: {
      type: "string",
      format: "uri",
      description: "Default: AZURE_AUTHORITY_HOST, else https://login.microsoftonline.com",
      examples: ["https://login.microsoftonline.us"],
    },
    auth,
  },
  required: ["auth"],
} as const satisfies ObjectSchema;

/** Request of `azure-entra`. There is no way to ask for a life. */
export const request = {
  type: "object",
  properties: {
    scope: {
      ...text,
      pattern: "^\\S+/\\.default$",
      default: "https://ossrdbms-aad.database.windows.net/.default",
      description: "Which service the token is for; the default is Azure Database for PostgreSQL and MySQL",
      examples: ["https://database.windows.net/.default"],
    },
  },
} as const satisfies ObjectSchema;

/** Options of `azure-entra`, validated. */
export type Options = Infer<typeof options>;

/** How we prove who we are: one of the methods. */
export type Auth = Options["auth"];

/** The context of a call. */
export type Ctx = Context<Options>;
