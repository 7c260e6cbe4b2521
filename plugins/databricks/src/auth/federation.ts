import { RotateError, type Secret } from "@rotate/plugin-kit";
import type { Ctx } from "../options.ts";
import { isWebPage, refusal, webPage } from "../refusal.ts";
import type { BearerSession, Workspace } from "../session.ts";
import { checkIdentityToken } from "../token-checks.ts";
import { secured } from "../workspace.ts";
import { accessToken } from "./access-token.ts";
import { discover } from "./discovery.ts";

export interface Federated {
  /** The service principal; undefined: a policy of the whole account. */
  readonly clientId: string | undefined;
  /** Fetches the identity token for an audience. */
  readonly identity: (audience: string) => Promise<Secret>;
}

/** Token exchange (RFC 8693): another issuer's identity token for an access token, without any secret. */
export async function federatedSession(workspace: Workspace, federated: Federated, ctx: Ctx): Promise<BearerSession> {
  const endpoint = await discover(workspace, ctx);
  const subject = checkIdentityToken(await federated.identity(endpoint.audience), workspace.origin);
  const request = {
    form: {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: subject,
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      scope: "all-apis",
      client_id: federated.clientId,
    },
    remedy:
      "a federation policy of the service principal must match the token's issuer, subject and audience, and the token be fresh",
  };
  return accessToken(endpoint, request, ctx);
}

const githubAnswer = { type: "object", properties: { value: { type: "string" } }, required: ["value"] } as const;

/** The identity token of a GitHub Actions job (docs.github.com, "OpenID Connect reference"). Throws INVALID outside of one. */
export async function githubIdentity(audience: string, { env, http, secret }: Ctx): Promise<Secret> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = env;
  if (!url || !token) {
    throw new RotateError("this is no GitHub Actions job that may ask for an identity token", {
      code: "INVALID",
      retryable: false,
      hint: "give the job `permissions: id-token: write`, or use another auth.method",
    });
  }
  const answer = await http(secured(new URL(url)), { query: { audience }, bearer: secret(token, "request token") });
  if (isWebPage(answer)) throw webPage("no identity token from GitHub", answer);
  if (!answer.ok)
    throw refusal("no identity token from GitHub", answer, "the job needs `permissions: id-token: write`");
  return secret(answer.json(githubAnswer).value, "identity token");
}
