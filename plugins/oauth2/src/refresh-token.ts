import { defineProvider, type ObjectSchema } from "@rotate/plugin-kit";
import { options, requestOptions } from "./options.ts";
import { refreshRefusals } from "./refusal.ts";
import { checkServer, expiryOf, requestToken } from "./token.ts";

const request = {
  type: "object",
  properties: {
    refreshToken: {
      type: "string",
      secret: true,
      description:
        "Where the refresh token stands now: a sink of this rotation has to write the field `refreshToken` to the same place",
    },
    ...requestOptions,
  },
  required: ["refreshToken"],
} as const satisfies ObjectSchema;

/**
 * Access tokens for a person or application that once consented. A server that rotates refresh tokens takes each of them once, so that a mint
 * kills its predecessor: the new one is a field of the credential, for a sink to store.
 */
export const oauth2RefreshToken = defineProvider({
  type: "oauth2-refresh-token",
  start: { title: "OAuth 2.0: an access token by a refresh token", options: ["tokenEndpoint"] },
  options,
  request,
  fields: {
    token: { secret: true, description: "The access token" },
    refreshToken: {
      secret: true,
      description: "What the next mint has to show: the same, when the server does not rotate it",
    },
  },
  overlap: false,
  scope: "anywhere",

  async check(ctx, asked) {
    await checkServer(ctx);
    if (asked !== undefined) await ctx.resolve(asked.refreshToken);
  },
  async mint({ refreshToken, scope, parameters, expiresIn }, ctx) {
    const shown = await ctx.resolve(refreshToken);
    const form = { grant_type: "refresh_token", refresh_token: shown, scope };
    const granted = await requestToken({ form, parameters, refusals: refreshRefusals }, ctx);
    return {
      expires: expiryOf(granted, expiresIn),
      fields: { token: granted.token, refreshToken: granted.refreshToken ?? shown },
    };
  },
});
