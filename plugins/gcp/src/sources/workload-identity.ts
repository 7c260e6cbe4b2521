import { beforehand } from "@rotate/plugin-kit";
import { endpoint } from "../endpoints.ts";
import { readGrant, type Granted } from "../granted.ts";
import type { Ctx, Source } from "../options.ts";
import { oauthRefusal } from "../refusal/index.ts";
import { readSubject } from "./subject.ts";

type Federation = Extract<Source, { readonly method: "workload-identity" }>;

/** The other issuer's token, and where it is shown. */
export async function readIdentity(source: Federation, ctx: Ctx) {
  return { url: new URL("/v1/token", endpoint("sts", ctx.options)), subject: await readSubject(source, ctx) };
}

/** Exchanges another issuer's token for one of Google's (RFC 8693; cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token). */
export async function byWorkloadIdentity(source: Federation, scopes: readonly string[], ctx: Ctx): Promise<Granted> {
  const { audience, subjectTokenType } = source;
  const { url, subject } = await beforehand(() => readIdentity(source, ctx));
  const answer = await ctx.http(url, {
    form: {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      audience,
      scope: scopes.join(" "),
      requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
      subject_token: subject,
      subject_token_type: subjectTokenType,
    },
  });
  const refusal = oauthRefusal(answer, "the identity token was not exchanged", ctx.now());
  if (refusal !== undefined) throw refusal;
  return readGrant(answer, ctx);
}
