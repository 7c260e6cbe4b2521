import { invalid, defineProvider, type Login, type Secret } from "@rotate/plugin-kit";
import { cloudPlatform, readsOf, scopeOf } from "./access.ts";
import { type Granted } from "./granted.ts";
import { impersonatedAccessToken, impersonatedIdToken } from "./impersonate.ts";
import { options, request, type Ctx, type Options, type Request } from "./options.ts";
import { checkIdentitySource, checkSource, sourceAccessToken, sourceIdToken } from "./sources/index.ts";
import { loginsOf } from "./logins.ts";

/** The source's own access token, where it is needed to act as somebody else. */
interface GcpLogin extends Login {
  readonly source?: Secret;
}

/**
 * Mints OAuth access tokens and identity tokens of Google Cloud. None can be revoked: they only expire. The metadata server and gcloud hand
 * out the same token until shortly before its end. The wire is that of google-auth-library and cloud.google.com/iam/docs.
 */
export const gcpAccessToken = defineProvider({
  type: "gcp-access-token",
  start: { title: "Google Cloud: an access token", logins: loginsOf },
  options,
  request,
  fields: { token: { secret: true, description: "The access token, or with `idToken` the identity token" } },

  maxLife: 43_200_000,
  reads: readsOf,
  scope: scopeOf,

  async login(ctx): Promise<GcpLogin> {
    if (ctx.options.impersonate === undefined) return {};
    const { token, expires } = await sourceAccessToken(undefined, ctx);
    return { source: token, expires: usable(expires, ctx.now()) };
  },

  async check(ctx, asked) {
    if (asked !== undefined) checkAsked(asked, ctx.options);
    // To act as somebody else, the login has fetched the source's token already.
    if (ctx.login.source === undefined) await checkSource(asked?.scopes, ctx);
  },

  async mint(asked, ctx) {
    checkAsked(asked, ctx.options);
    const { source } = ctx.login;
    const { token, expires } = await (source === undefined
      ? bySource(asked, ctx)
      : byImpersonation(asked, source, ctx));
    return { fields: { token }, expires };
  },
});

/** A token about to end is of no use for a call that takes a while. */
function usable(expires: Granted["expires"], now: number): { readonly in: number } {
  const life = expires === "never" ? Number.POSITIVE_INFINITY : "in" in expires ? expires.in : Number(expires) - now;
  return { in: Math.max(life - 60_000, life / 2) };
}

/** Which source can be asked for which token. Throws INVALID. */
function checkAsked({ idToken, ttl }: Request, { impersonate, source }: Options): void {
  if (ttl !== undefined && impersonate === undefined)
    throw invalid("no life can be asked for without `impersonate`", "leave ttl out, or impersonate a service account");
  if (ttl !== undefined && idToken !== undefined)
    throw invalid("no life can be asked for an identity token", "leave ttl out: it is one hour");
  if (idToken !== undefined && impersonate === undefined) checkIdentitySource(source);
}

function bySource({ idToken, scopes }: Request, ctx: Ctx): Promise<Granted> {
  return idToken === undefined ? sourceAccessToken(scopes, ctx) : sourceIdToken(idToken, ctx);
}

function byImpersonation(
  { idToken, scopes = [cloudPlatform], ttl }: Request,
  source: Secret,
  ctx: Ctx,
): Promise<Granted> {
  return idToken === undefined
    ? impersonatedAccessToken({ scopes, ttl }, source, ctx)
    : impersonatedIdToken(idToken, source, ctx);
}
