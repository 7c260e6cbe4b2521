import { defineProvider, type Login, type Secret } from "@rotate/plugin-kit";
import { invalid, type Granted } from "./granted.ts";
import { impersonatedAccessToken, impersonatedIdToken } from "./impersonate.ts";
import { options, request, type Ctx, type Request } from "./options.ts";
import { sourceAccessToken, sourceIdToken } from "./sources/index.ts";

const cloudPlatform = "https://www.googleapis.com/auth/cloud-platform";

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
  options,
  request,
  fields: { token: { secret: true, description: "The access token, or with `idToken` the identity token" } },

  async login(ctx): Promise<GcpLogin> {
    if (ctx.options.impersonate === undefined) return {};
    const { token, expires } = await sourceAccessToken(undefined, ctx);
    return { source: token, expires: usable(expires, ctx.now()) };
  },

  async mint(asked, ctx) {
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

function bySource({ idToken, scopes, ttl }: Request, ctx: Ctx): Promise<Granted> {
  if (ttl !== undefined)
    throw invalid("no life can be asked for without `impersonate`", "leave ttl out, or impersonate a service account");
  return idToken === undefined ? sourceAccessToken(scopes, ctx) : sourceIdToken(idToken, ctx);
}

function byImpersonation(
  { idToken, scopes = [cloudPlatform], ttl }: Request,
  source: Secret,
  ctx: Ctx,
): Promise<Granted> {
  if (idToken === undefined) return impersonatedAccessToken({ scopes, ttl }, source, ctx);
  if (ttl !== undefined) throw invalid("no life can be asked for an identity token", "leave ttl out: it is one hour");
  return impersonatedIdToken(idToken, source, ctx);
}
