import { badAnswer, byStatus, httpRefusal, invalid, readAnswer, type HttpInit } from "@rotate/plugin-kit";
import { secured } from "@rotate/plugin-kit/tokens";
import type { OAuthContext } from "./options.ts";

/** The URLs of a server. `revocation` undefined: it has none that we know of. */
export interface Endpoints {
  readonly token: string;
  readonly revocation: string | undefined;
}

const metadata = {
  type: "object",
  properties: {
    issuer: { type: "string" },
    token_endpoint: { type: "string" },
    revocation_endpoint: { type: "string" },
  },
  required: ["issuer", "token_endpoint"],
} as const;

/** A place of metadata that answers with something else. */
const refusals = byStatus({
  down: "the server failed; its log says why",
  limited: "the server limits how often it may be asked",
});

/** The server's endpoints: those of the spec, else of the issuer's metadata. Throws INVALID when neither is given. */
export async function findEndpoints(ctx: OAuthContext): Promise<Endpoints> {
  const { tokenEndpoint, revocationEndpoint, issuer } = ctx.options;
  if (issuer === undefined) {
    if (tokenEndpoint !== undefined) return safe({ token: tokenEndpoint, revocation: revocationEndpoint });
    throw invalid("neither tokenEndpoint nor issuer is given", "give one of them");
  }
  if (tokenEndpoint !== undefined && revocationEndpoint !== undefined)
    return safe({ token: tokenEndpoint, revocation: revocationEndpoint });
  const found = await discover(issuer, ctx);
  return safe({ token: tokenEndpoint ?? found.token, revocation: revocationEndpoint ?? found.revocation });
}

/** Both get secrets: https, or this very machine. */
function safe({ token, revocation }: Endpoints): Endpoints {
  secured("the token endpoint", token);
  if (revocation !== undefined) secured("the revocation endpoint", revocation);
  return { token, revocation };
}

/** RFC 8414 §3.1 puts the well-known word before the issuer's path; OpenID Connect Discovery §4 behind it. */
async function discover(issuer: string, ctx: OAuthContext): Promise<Endpoints> {
  const { origin, pathname } = secured("issuer", issuer);
  const path = pathname.replace(/\/$/, "");
  const places = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ] as const;
  const first = await ctx.http(places[0], tlsOf(ctx));
  const answer = first.status === 404 ? await ctx.http(places[1], tlsOf(ctx)) : first;
  const hint = "check `issuer`, or give tokenEndpoint";
  if (!answer.ok)
    throw httpRefusal(refusals, answer, { message: `${issuer} does not tell its endpoints`, said: "", advice: hint });
  const told = readAnswer(answer, metadata, hint);
  checkIssuer(told.issuer, issuer);
  return { token: told.token_endpoint, revocation: told.revocation_endpoint };
}

/** RFC 8414 §3.3: else another server's metadata could send our secret elsewhere. */
function checkIssuer(told: string, expected: string): void {
  if (told.replace(/\/$/, "") === expected.replace(/\/$/, "")) return;
  throw badAnswer(`${expected} calls itself ${told}`, "write the issuer as the server does", { noEffect: true });
}

/** Trust in a private authority. */
export function tlsOf({ options: { tls } }: OAuthContext): Pick<HttpInit, "tls"> {
  return tls?.ca === undefined ? {} : { tls: { ca: tls.ca } };
}
