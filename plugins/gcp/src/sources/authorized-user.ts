import { beforehand } from "@rotate/plugin-kit";
import { endpoint } from "../endpoints.ts";
import { readGrant, type Granted } from "../granted.ts";
import type { Ctx, Source } from "../options.ts";
import { oauthRefusal } from "../refusal/index.ts";
import { readCredentialFile } from "./json-file.ts";

type UserSource = Extract<Source, { readonly method: "authorized-user" }>;

/** A person's access token by the refresh token that gcloud left (RFC 6749 §6). Scopes: at most those that the person consented to. */
export async function byAuthorizedUser(
  { credentials }: UserSource,
  scopes: readonly string[] | undefined,
  ctx: Ctx,
): Promise<Granted> {
  const { url, file } = await beforehand(() => readLogin({ credentials }, ctx));
  const answer = await ctx.http(url, {
    form: {
      grant_type: "refresh_token",
      client_id: file.client_id,
      client_secret: ctx.secret(file.client_secret, "client secret"),
      refresh_token: ctx.secret(file.refresh_token, "refresh token"),
      scope: scopes?.join(" "),
    },
  });
  const refusal = oauthRefusal(answer, "no token for the person of source.credentials", ctx.now());
  if (refusal !== undefined) throw refusal;
  return readGrant(
    answer,
    ctx,
    scopes?.filter((scope) => !aliases.includes(scope)),
  );
}

/** Google grants these under another name. */
const aliases: readonly string[] = ["email", "profile"];

const kind = {
  option: "source.credentials",
  type: "authorized_user",
  required: ["client_id", "client_secret", "refresh_token"],
} as const;

/** The person's login as it stands in the file, and where it is shown. */
export async function readLogin({ credentials }: Pick<UserSource, "credentials">, ctx: Ctx) {
  return {
    url: new URL("/token", endpoint("oauth2", ctx.options)),
    file: await readCredentialFile(credentials, kind, ctx),
  };
}
