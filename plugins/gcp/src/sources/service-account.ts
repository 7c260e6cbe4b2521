import { readSigningKey, secured, signJwt } from "@rotate/plugin-kit/tokens";
import { beforehand, type HttpAnswer } from "@rotate/plugin-kit";
import { endpoint } from "../endpoints.ts";
import { idToken, readAs, readGrant, type Granted } from "../granted.ts";
import type { Ctx, Source } from "../options.ts";
import { oauthRefusal } from "../refusal/index.ts";
import { readCredentialFile } from "./json-file.ts";

type KeySource = Extract<Source, { readonly method: "service-account" }>;

/** The longest life of an assertion that Google takes, seconds. */
const assertionLife = 3600;

const idAnswer = { type: "object", properties: { id_token: { type: "string" } }, required: ["id_token"] } as const;

/** An access token for the key's account, or for the user that it acts as: one hour, always. */
export async function keyAccessToken(source: KeySource, scopes: readonly string[], ctx: Ctx): Promise<Granted> {
  return readGrant(await grant(source, { scope: scopes.join(" ") }, ctx), ctx);
}

/** An identity token of the key's account. */
export async function keyIdToken(source: KeySource, audience: string, ctx: Ctx): Promise<Granted> {
  return idToken(readAs(await grant(source, { target_audience: audience }, ctx), idAnswer).id_token, ctx);
}

const kind = { option: "source.key", type: "service_account", required: ["client_email", "private_key"] } as const;

/** The account's key as it stands in the file, and where its signature is shown. */
export async function readKey({ key }: Pick<KeySource, "key">, ctx: Ctx) {
  const file = await readCredentialFile(key, kind, ctx);
  const rsa = readSigningKey(ctx.secret(file.private_key, "private key"), "RS256", "the private key in source.key");
  const url =
    ctx.options.endpoints?.oauth2 === undefined && file["token_uri"] !== undefined
      ? secured("token_uri of source.key", file["token_uri"])
      : new URL("/token", endpoint("oauth2", ctx.options));
  return { file, rsa, url };
}

/** JWT bearer grant (RFC 7523 §2.1; developers.google.com/identity/protocols/oauth2/service-account). The token endpoint is the key file's own. */
async function grant(
  { key, subject }: KeySource,
  claims: Readonly<Record<string, string>>,
  ctx: Ctx,
): Promise<HttpAnswer> {
  const { file, rsa, url } = await beforehand(() => readKey({ key }, ctx));
  const issued = Math.floor(ctx.now() / 1000);
  const who = { iss: file.client_email, ...(subject !== undefined && { sub: subject }) };
  const times = { iat: issued, exp: issued + assertionLife };
  const kid = file["private_key_id"];
  const assertion = signJwt(
    {
      algorithm: "RS256",
      header: kid === undefined ? {} : { kid },
      claims: { ...who, ...times, aud: url.href, ...claims },
    },
    rsa,
  );
  const answer = await ctx.http(url, {
    form: { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: ctx.secret(assertion, "assertion") },
  });
  const refusal = oauthRefusal(answer, `no token for ${subject ?? file.client_email}`, ctx.now());
  if (refusal !== undefined) throw refusal;
  return answer;
}
