import { badAnswer, type Expires, type HttpInit, type Secret } from "@rotate/plugin-kit";
import { narrowed, tokenFault } from "@rotate/plugin-kit/tokens";
import type { Ctx } from "../options.ts";
import { isWebPage, refusal, webPage } from "../refusal.ts";
import type { BearerLogin } from "../login.ts";
import type { TokenEndpoint } from "./discovery.ts";

const tokenAnswer = {
  type: "object",
  properties: {
    access_token: { type: "string" },
    expires_in: { type: ["number", "string"] },
    scope: { type: ["string", "null"] },
  },
  required: ["access_token", "expires_in"],
} as const;

/** What one grant asks the token endpoint with. */
export interface TokenRequest {
  readonly form: Readonly<Record<string, string | Secret | undefined>>;
  readonly basic?: NonNullable<HttpInit["basic"]>;
  /** What to do when the identity is refused. */
  readonly remedy: string;
}

/** Asks the workspace for an access token (RFC 6749). Throws what `refusal` says, or BAD_ANSWER. */
export async function accessToken(endpoint: TokenEndpoint, request: TokenRequest, ctx: Ctx): Promise<BearerLogin> {
  const { form, basic, remedy } = request;
  const answer = await ctx.http(endpoint.url, basic === undefined ? { form } : { form, basic });
  if (isWebPage(answer) && answer.ok) throw webPage("login failed", answer);
  if (!answer.ok) throw refusal("login refused", answer, remedy);
  const { access_token: token, expires_in: life, scope } = answer.json(tokenAnswer);
  const fault = tokenFault(token);
  if (fault !== undefined) throw badAnswer(`the access token ${fault}`, stranger);
  const missing = narrowed(form["scope"]?.toString(), scope);
  if (missing !== undefined) {
    const hint = "let the service principal have these scopes, or ask for less with auth.scope";
    ctx.log.warn("the workspace granted less than was asked", { missing, granted: scope, remedy: hint });
  }
  return {
    kind: "bearer",
    workspace: endpoint.workspace,
    bearer: ctx.secret(token, "access token"),
    expires: usable(Number(life)),
    remedy,
    mayAskWho: form["scope"] === "all-apis",
  };
}

/** A token is refused up to 30 s before its end (databricks-vscode#583), so the last minute is left out. Seconds in, a life out. */
export function usable(seconds: number): Expires {
  if (!Number.isFinite(seconds) || seconds <= 0) throw badAnswer("the access token has no life", stranger);
  return { in: Math.max(seconds - 60, seconds / 2) * 1000 };
}

const stranger = "is host really a workspace?";
