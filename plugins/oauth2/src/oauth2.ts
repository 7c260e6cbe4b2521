import { defineProvider, type Infer, type ObjectSchema, type Text } from "@rotate/plugin-kit";
import { options, requestOptions, type OAuthContext } from "./options.ts";
import { revokeToken } from "./revoke.ts";
import { requestToken } from "./token.ts";

const secret = { type: "string", secret: true } as const;
const jwtType = "urn:ietf:params:oauth:token-type:jwt";

const request = {
  type: "object",
  properties: {
    grant: {
      description: "Default: client credentials",
      anyOf: [
        {
          type: "object",
          description: "For the client itself (RFC 6749 §4.4)",
          properties: { type: { const: "client-credentials" } },
          required: ["type"],
        },
        {
          type: "object",
          description: "For whom another token speaks (RFC 8693): a CI job's identity, a pod's service account",
          properties: {
            type: { const: "token-exchange" },
            subjectToken: { ...secret, description: "Read anew at each mint" },
            subjectTokenType: { type: "string", default: jwtType },
            actorToken: secret,
            actorTokenType: { type: "string", default: jwtType },
            requestedTokenType: { type: "string" },
          },
          required: ["type", "subjectToken"],
        },
      ],
    },
    audience: { type: "string", minLength: 1 },
    resource: { type: "string", format: "uri", description: "RFC 8707" },
    ...requestOptions,
  },
} as const satisfies ObjectSchema;

type Request = Infer<typeof request>;
type Exchange = Extract<NonNullable<Request["grant"]>, { readonly type: "token-exchange" }>;

/** Access tokens of any standard authorization server, for the client itself or in exchange for another token. */
export const oauth2 = defineProvider({
  type: "oauth2",
  options,
  request,
  fields: { token: { secret: true, description: "The access token" } },

  async mint({ grant, scope, audience, resource, parameters, expiresIn }, ctx) {
    const form =
      grant?.type === "token-exchange" ? await exchangeForm(grant, ctx) : { grant_type: "client_credentials" };
    const { token, expires } = await requestToken(
      { form: { ...form, scope, audience, resource }, parameters, expiresIn },
      ctx,
    );
    return { expires, fields: { token } };
  },
  revokeValue: ({ token }, ctx) => revokeToken(token, ctx),
});

/** RFC 8693 §2.1. */
async function exchangeForm(
  grant: Exchange,
  { resolve }: OAuthContext,
): Promise<Readonly<Record<string, Text | undefined>>> {
  const actor = grant.actorToken && {
    actor_token: await resolve(grant.actorToken),
    actor_token_type: grant.actorTokenType,
  };
  return {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: await resolve(grant.subjectToken),
    subject_token_type: grant.subjectTokenType,
    requested_token_type: grant.requestedTokenType,
    ...actor,
  };
}
