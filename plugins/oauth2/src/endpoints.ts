import { httpError, RotateError, type HttpInit } from "@rotate/plugin-kit";
import type { OAuthContext } from "./options.ts";

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

/** The server's endpoints: those of the spec, else of the issuer's metadata. Throws INVALID when neither is given. */
export async function findEndpoints(ctx: OAuthContext): Promise<Endpoints> {
  const { tokenEndpoint, revocationEndpoint, issuer } = ctx.options;
  if (issuer === undefined) {
    if (tokenEndpoint !== undefined) return { token: tokenEndpoint, revocation: revocationEndpoint };
    throw new RotateError("neither tokenEndpoint nor issuer is given", {
      code: "INVALID",
      retryable: false,
      hint: "give one of them",
    });
  }
  if (tokenEndpoint !== undefined && revocationEndpoint !== undefined)
    return { token: tokenEndpoint, revocation: revocationEndpoint };
  const found = await discover(issuer, ctx);
  return { token: tokenEndpoint ?? found.token, revocation: revocationEndpoint ?? found.revocation };
}

/** RFC 8414 §3.1 puts the well-known word before the issuer's path; OpenID Connect Discovery §4 behind it. */
async function discover(issuer: string, ctx: OAuthContext): Promise<Endpoints> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  const places = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ] as const;
  const first = await ctx.http(places[0], tlsOf(ctx));
  const answer = first.status === 404 ? await ctx.http(places[1], tlsOf(ctx)) : first;
  if (!answer.ok)
    throw httpError(`${issuer} does not tell its endpoints`, answer, {
      noEffect: true,
      hint: "check `issuer`, or give tokenEndpoint",
    });
  const told = answer.json(metadata);
  checkIssuer(told.issuer, issuer);
  return { token: told.token_endpoint, revocation: told.revocation_endpoint };
}

/** RFC 8414 §3.3: else another server's metadata could send our secret elsewhere. */
function checkIssuer(told: string, expected: string): void {
  if (told.replace(/\/$/, "") === expected.replace(/\/$/, "")) return;
  throw new RotateError(`${expected} calls itself ${told}`, {
    code: "BAD_ANSWER",
    retryable: false,
    noEffect: true,
    hint: "write the issuer as the server does",
  });
}

/** Trust in a private authority. */
export function tlsOf({ options: { tls } }: OAuthContext): Pick<HttpInit, "tls"> {
  return tls?.ca === undefined ? {} : { tls: { ca: tls.ca } };
}
