import type { Context, Infer, ObjectSchema } from "@rotate/plugin-kit";

const secret = { type: "string", secret: true } as const;

const clientAuth = {
  anyOf: [
    {
      type: "object",
      description: "The secret in the Authorization header: what every server must support (RFC 6749 §2.3.1)",
      properties: { method: { const: "client_secret_basic" }, clientSecret: secret },
      required: ["method", "clientSecret"],
    },
    {
      type: "object",
      description: "The secret in the body",
      properties: { method: { const: "client_secret_post" }, clientSecret: secret },
      required: ["method", "clientSecret"],
    },
    {
      type: "object",
      description: "A JWT that we sign: no secret is sent (RFC 7523)",
      properties: {
        method: { const: "private_key_jwt" },
        key: { ...secret, description: "Private key, PEM or JWK" },
        algorithm: { enum: ["ES256", "RS256", "PS256", "EdDSA"], default: "ES256" },
        keyId: { type: "string", minLength: 1, description: "`kid`, by which the server finds the public key" },
        audience: { type: "string", description: "Default: the token endpoint" },
      },
      required: ["method", "key"],
    },
    {
      type: "object",
      description: "A public client, which has nothing to prove itself with",
      properties: { method: { const: "none" } },
      required: ["method"],
    },
  ],
} as const;

/** Options of both providers here: which server, and who we are to it. */
export const options = {
  type: "object",
  properties: {
    tokenEndpoint: { type: "string", format: "uri", description: "Default: what the issuer's metadata says" },
    revocationEndpoint: {
      type: "string",
      format: "uri",
      description: "Default: what the issuer's metadata says, if anything",
    },
    issuer: {
      type: "string",
      format: "uri",
      description: "Its metadata are read at each mint (RFC 8414, OpenID Connect Discovery)",
    },
    clientId: { type: "string", minLength: 1 },
    clientAuth,
    tls: {
      type: "object",
      properties: {
        ca: { type: "string", description: "PEM, best as `{ file: PATH }`; replaces the system's authorities" },
      },
    },
  },
  required: ["clientId", "clientAuth"],
} as const satisfies ObjectSchema;

/** The options that both providers share, validated. */
export type Options = Infer<typeof options>;

/** How the client proves who it is. */
export type ClientAuth = Options["clientAuth"];

/** The context of a call of either of them. */
export type OAuthContext = Context<Options>;

/** What every grant may ask for: the part of a request's schema. */
export const requestOptions = {
  scope: { type: "string", minLength: 1, description: "Separated by blanks" },
  parameters: {
    type: "object",
    additionalProperties: { type: "string" },
    description: "What this server wants beside the standard",
  },
  expiresIn: {
    type: "string",
    format: "duration",
    min: "1s",
    description: "The life to assume when the server does not tell it",
  },
} as const;
