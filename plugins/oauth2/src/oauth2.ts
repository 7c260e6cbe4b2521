import {
  defineProvider,
  isRotateError,
  withDetails,
  type Expires,
  type Infer,
  type ObjectSchema,
  type Text,
} from "@rotate/plugin-kit";
import { options, requestOptions, type OAuthContext } from "./options.ts";
import { revokeToken } from "./revoke.ts";
import { checkServer, expiryOf, requestToken, type Granted } from "./token.ts";

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
  start: { title: "OAuth 2.0: an access token (client credentials)", options: ["tokenEndpoint"], request: ["scope"] },
  options,
  request,
  fields: { token: { secret: true, description: "The access token" } },

  scope: "anywhere",

  async check(ctx, asked) {
    await checkServer(ctx);
    if (asked !== undefined) await grantForm(asked, ctx);
  },
  async mint({ scope, audience, resource, parameters, expiresIn, ...asked }, ctx) {
    const form = { ...(await grantForm(asked, ctx)), scope, audience, resource };
    const granted = await requestToken({ form, parameters }, ctx);
    return { expires: await usableUntil(granted, expiresIn, ctx), fields: { token: granted.token } };
  },
  revokeValue: ({ token }, ctx) => revokeToken(token, ctx),
});

/** A token that is of no use is given back, where the server takes it. */
async function usableUntil(granted: Granted, expiresIn: number | undefined, ctx: OAuthContext): Promise<Expires> {
  try {
    return expiryOf(granted, expiresIn);
  } catch (error) {
    const gone = await revokeToken(granted.token, ctx).then(
      () => true,
      () => false,
    );
    throw gone && isRotateError(error) ? withDetails(error, { noEffect: true }) : error;
  }
}

function grantForm({ grant }: Pick<Request, "grant">, ctx: OAuthContext) {
  return grant?.type === "token-exchange" ? exchangeForm(grant, ctx) : { grant_type: "client_credentials" };
}

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
