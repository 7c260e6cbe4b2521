import { isRotateError, RotateError, type Expires, type HttpAnswer, type Secret, type Text } from "@rotate/plugin-kit";
import { proveClient } from "./client-auth.ts";
import { findEndpoints, tlsOf } from "./endpoints.ts";
import type { OAuthContext } from "./options.ts";
import { refusalIn } from "./refusal.ts";

/** What a token endpoint granted. */
export interface Granted {
  readonly token: Secret;
  readonly refreshToken: Secret | undefined;
  readonly expires: Expires;
}

export interface GrantRequest {
  readonly form: Readonly<Record<string, Text | undefined>>;
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds to assume when the server does not tell the life. */
  readonly expiresIn?: number | undefined;
}

const answered = {
  type: "object",
  properties: {
    access_token: { type: "string", minLength: 1 },
    token_type: { type: "string" },
    expires_in: { type: ["integer", "string", "null"] },
    refresh_token: { type: ["string", "null"] },
  },
  required: ["access_token", "token_type"],
} as const;

/** Asks the token endpoint (RFC 6749 §4.4.2, §6; RFC 8693 §2.1) and checks its answer (§5.1). */
export async function requestToken({ form, parameters, expiresIn }: GrantRequest, ctx: OAuthContext): Promise<Granted> {
  const { token: endpoint } = await findEndpoints(ctx);
  const proof = await proveClient(endpoint, ctx);
  const headers = { accept: "application/json" };
  const answer = await ctx.http(endpoint, {
    ...proof,
    form: { ...parameters, ...form, ...proof.form },
    headers,
    ...tlsOf(ctx),
  });
  const refusal = refusalIn(answer, "no token was granted");
  if (refusal !== undefined) throw refusal;
  return readGranted(answer, expiresIn, ctx);
}

function readGranted(answer: HttpAnswer, assumed: number | undefined, ctx: OAuthContext): Granted {
  const body = readBody(answer);
  const token = ctx.secret(body.access_token, "access token");
  const refreshToken = body.refresh_token ? ctx.secret(body.refresh_token, "refresh token") : undefined;
  if (!/^(bearer|n_a)$/i.test(body.token_type)) {
    throw badAnswer(
      `the token is of type ${body.token_type.slice(0, 40)}, which a consumer cannot show by itself`,
      "ask for bearer tokens",
    );
  }
  return { token, refreshToken, expires: expiryOf(body, assumed) };
}

function readBody(answer: HttpAnswer) {
  try {
    return answer.json(answered);
  } catch (error) {
    if (!isRotateError(error) || error.hint !== undefined) throw error;
    throw badAnswer(error.message, "something else than a token endpoint answered: check the address");
  }
}

interface Told {
  readonly access_token: string;
  readonly expires_in?: number | string | null;
}

/** `expires_in` is only recommended: without it the end of a JWT, without that what the spec says. */
function expiryOf({ access_token: token, expires_in: told }: Told, assumed: number | undefined): Expires {
  const seconds = Number(told ?? Number.NaN);
  if (Number.isFinite(seconds) && seconds > 0) return { in: seconds * 1000 };
  if (told !== undefined && told !== null)
    throw badAnswer("the token's expires_in is no life", "the server must send seconds");
  const end = endOfJwt(token);
  if (end !== undefined) return end;
  if (assumed !== undefined) return { in: assumed };
  throw badAnswer(
    "the server does not say how long the token lives",
    "set `expiresIn` in the request to what its documentation says",
  );
}

function endOfJwt(token: string): Date | undefined {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as {
      readonly exp?: unknown;
    };
    return typeof exp === "number" ? new Date(exp * 1000) : undefined;
  } catch {
    return undefined;
  }
}

function badAnswer(message: string, hint: string): RotateError {
  return new RotateError(message, { code: "BAD_ANSWER", retryable: false, hint });
}
