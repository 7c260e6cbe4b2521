import { RotateError, type Expires, type HttpInit, type Secret } from "@rotate/plugin-kit";
import type { Ctx } from "../options.ts";
import { isWebPage, refusal, webPage } from "../refusal.ts";
import type { BearerSession } from "../session.ts";
import { faultOf } from "../token-checks.ts";
import type { TokenEndpoint } from "./discovery.ts";

const tokenAnswer = {
  type: "object",
  properties: { access_token: { type: "string" }, expires_in: { type: ["number", "string"] } },
  required: ["access_token", "expires_in"],
} as const;

export interface TokenRequest {
  readonly form: Readonly<Record<string, string | Secret | undefined>>;
  readonly basic?: NonNullable<HttpInit["basic"]>;
  /** What to do when the identity is refused. */
  readonly remedy: string;
}

/** Asks the workspace for an access token (RFC 6749). Throws what `refusal` says, or BAD_ANSWER. */
export async function accessToken(endpoint: TokenEndpoint, request: TokenRequest, ctx: Ctx): Promise<BearerSession> {
  const { form, basic, remedy } = request;
  const answer = await ctx.http(endpoint.url, basic === undefined ? { form } : { form, basic });
  if (isWebPage(answer) && answer.ok) throw webPage("login failed", answer);
  if (!answer.ok) throw refusal("login refused", answer, remedy);
  const { access_token: token, expires_in: life } = answer.json(tokenAnswer);
  const fault = faultOf(token);
  if (fault !== undefined) throw badAnswer(`the access token ${fault}`);
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
  if (!Number.isFinite(seconds) || seconds <= 0) throw badAnswer("the access token has no life");
  return { in: Math.max(seconds - 60, seconds / 2) * 1000 };
}

function badAnswer(message: string): RotateError {
  return new RotateError(message, { code: "BAD_ANSWER", retryable: false, hint: "is host really a workspace?" });
}
