import {
  badAnswer,
  beforehand,
  readAnswer,
  type Expires,
  type HttpAnswer,
  type Refusals,
  type Secret,
  type Text,
} from "@rotate/plugin-kit";
import { endOfJwt, narrowed } from "@rotate/plugin-kit/tokens";
import { proveClient } from "./client-auth.ts";
import { findEndpoints, tlsOf } from "./endpoints.ts";
import type { OAuthContext } from "./options.ts";
import { refusalIn } from "./refusal.ts";

/** What a token endpoint granted, before it is known to be of use. */
export interface Granted {
  readonly token: Secret;
  readonly tokenType: string;
  readonly refreshToken: Secret | undefined;
  /** `expires_in` as it came. */
  readonly told: number | string | null | undefined;
}

/** What one grant asks the token endpoint with. `parameters` are the spec's own, added to `form`. */
export interface GrantRequest {
  readonly form: Readonly<Record<string, Text | undefined>>;
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /** Default: those of the standard. */
  readonly refusals?: Refusals;
}

const answered = {
  type: "object",
  properties: {
    access_token: { type: "string", minLength: 1 },
    token_type: { type: "string" },
    expires_in: { type: ["integer", "string", "null"] },
    refresh_token: { type: ["string", "null"] },
    scope: { type: ["string", "null"] },
  },
  required: ["access_token", "token_type"],
} as const;

/** Asks the token endpoint (RFC 6749 §4.4.2, §6; RFC 8693 §2.1) and reads its answer (§5.1). */
export async function requestToken({ form, parameters, refusals }: GrantRequest, ctx: OAuthContext): Promise<Granted> {
  const { endpoint, proof } = await beforehand(() => approach(ctx));
  const headers = { accept: "application/json" };
  const body = { ...parameters, ...form, ...proof.form };
  const answer = await ctx.http(endpoint, { ...proof, form: body, headers, ...tlsOf(ctx) });
  const refusal = refusalIn(answer, "no token was granted", refusals);
  if (refusal !== undefined) throw refusal;
  return readGranted(answer, form["scope"], ctx);
}

async function approach(ctx: OAuthContext) {
  const { token: endpoint } = await findEndpoints(ctx);
  return { endpoint, proof: await proveClient(endpoint, ctx) };
}

/** Could a token be asked for? The server's metadata are read and the client's proof is made, and not shown. */
export async function checkServer(ctx: OAuthContext): Promise<void> {
  await approach(ctx);
}

function readGranted(answer: HttpAnswer, asked: Text | undefined, ctx: OAuthContext): Granted {
  const body = readAnswer(answer, answered, "something else than a token endpoint answered: check the address");
  const missing = narrowed(asked?.toString(), body.scope);
  if (missing !== undefined) {
    const remedy = "let the server grant the client these scopes, or ask for what it gives";
    ctx.log.warn("the server granted less than was asked", { missing, granted: body.scope, remedy });
  }
  return {
    token: ctx.secret(body.access_token, "access token"),
    tokenType: body.token_type,
    refreshToken: body.refresh_token ? ctx.secret(body.refresh_token, "refresh token") : undefined,
    told: body.expires_in,
  };
}

/** When the token ends: what the server says, else the end of a JWT, else what the spec says (ms). Throws BAD_ANSWER for a token that is of no use, or has no end. */
export function expiryOf({ token, tokenType, told }: Granted, assumed: number | undefined): Expires {
  if (!/^(bearer|n_a)$/i.test(tokenType)) {
    const message = `the token is of type ${tokenType.slice(0, 40)}, which a consumer cannot show by itself`;
    throw badAnswer(message, "ask for bearer tokens");
  }
  const seconds = Number(told ?? Number.NaN);
  if (Number.isFinite(seconds) && seconds > 0) return { in: seconds * 1000 };
  if (told !== undefined && told !== null)
    throw badAnswer("the token's expires_in is no life", "the server must send seconds");
  const end = endOfJwt(token.reveal());
  if (end !== undefined) return end;
  if (assumed !== undefined) return { in: assumed };
  throw badAnswer(
    "the server does not say how long the token lives",
    "set `expiresIn` in the request to what its documentation says",
  );
}
