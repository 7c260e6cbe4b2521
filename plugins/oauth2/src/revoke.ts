import { invalid, type Text } from "@rotate/plugin-kit";
import { proveClient } from "./client-auth.ts";
import { findEndpoints, tlsOf } from "./endpoints.ts";
import type { OAuthContext } from "./options.ts";
import { refusalIn } from "./refusal.ts";

/** Revokes an access token (RFC 7009); one that the server does not know any more is a success. Throws INVALID when the server offers no revocation. */
export async function revokeToken(token: Text, ctx: OAuthContext): Promise<void> {
  const { revocation } = await findEndpoints(ctx);
  if (revocation === undefined) {
    const hint = "give revocationEndpoint, or set `overlap: { revoke: never }` and let tokens expire";
    throw invalid("the server offers no revocation", hint);
  }
  const proof = await proveClient(revocation, ctx);
  const form = { token, token_type_hint: "access_token", ...proof.form };
  const answer = await ctx.http(revocation, { ...proof, form, ...tlsOf(ctx) });
  const refusal = refusalIn(answer, "the token was not revoked");
  if (refusal !== undefined) throw refusal;
}
