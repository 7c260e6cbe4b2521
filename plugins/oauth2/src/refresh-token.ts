import { defineProvider, isRotateError, RotateError, type ObjectSchema } from "@rotate/plugin-kit";
import { options, requestOptions } from "./options.ts";
import { requestToken } from "./token.ts";

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

  async mint({ refreshToken, scope, parameters, expiresIn }, ctx) {
    const shown = await ctx.resolve(refreshToken);
    const form = { grant_type: "refresh_token", refresh_token: shown, scope };
    const granted = await requestToken({ form, parameters, expiresIn }, ctx).catch(refuseRefresh);
    return { expires: granted.expires, fields: { token: granted.token, refreshToken: granted.refreshToken ?? shown } };
  },
});

/** A refused refresh token will never be good again: only a person can bring a new one. */
function refuseRefresh(error: unknown): never {
  if (!isRotateError(error) || error.code !== "DENIED" || !error.message.includes("invalid_grant")) throw error;
  throw new RotateError(error.message, {
    code: "DENIED",
    retryable: false,
    hint: "the refresh token has expired, was revoked, or was used before and its successor was lost: consent anew, and store the new one where `refreshToken` is read",
    cause: error,
  });
}
