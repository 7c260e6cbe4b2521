import { defineProvider, isSecret, RotateError } from "@rotate/plugin-kit";
import { tokenFault } from "@rotate/plugin-kit/tokens";
import { call, readAs } from "./api.ts";
import { appJwt } from "./app-jwt.ts";
import { findInstallation } from "./installation.ts";
import { options, request, type Ctx } from "./options.ts";
import { appRemedy, refusal } from "./refusal.ts";

const answered = {
  type: "object",
  properties: { token: { type: "string" }, expires_at: { type: "string" } },
  required: ["token", "expires_at"],
} as const;

/**
 * Mints installation access tokens of a GitHub App: one hour, for some repositories and permissions if asked. GitHub revokes a token when it is
 * shown to it, so only while it is in memory (docs.github.com/rest/apps).
 */
export const githubApp = defineProvider({
  type: "github-app",
  options,
  request,
  fields: { token: { secret: true, description: "Installation access token (ghs_…), of any length" } },

  async check(ctx) {
    const answer = await call({ path: "/app", bearer: await appJwt(ctx) }, ctx);
    if (!answer.ok) throw refusal("the app is not taken", answer, { now: ctx.now(), remedy: appRemedy });
  },

  async mint({ repositories, permissions, ...which }, ctx) {
    const bearer = await appJwt(ctx);
    const id = await findInstallation({ ...which, repository: repositories?.[0] }, bearer, ctx);
    const json = { ...(repositories && { repositories }), ...(permissions && { permissions }) };
    const answer = await call({ path: `/app/installations/${id}/access_tokens`, bearer, json }, ctx);
    const what = `no token for installation ${id}`;
    if (!answer.ok) throw refusal(what, answer, { now: ctx.now(), remedy: appRemedy });
    const { token, expires_at: end } = readAs(answer, answered);
    return { fields: { token: checked(token, ctx) }, expires: instantOf(end) };
  },

  async revokeValue({ token }, ctx) {
    const bearer = isSecret(token) ? token : ctx.secret(token, "installation token");
    const answer = await call({ path: "/installation/token", bearer, method: "DELETE" }, ctx);
    // A token that is revoked already, or over, is no longer taken.
    if (answer.ok || answer.status === 401) return;
    throw refusal("the token was not revoked", answer, { now: ctx.now(), remedy: "it ends within the hour by itself" });
  },
});

function checked(text: string, ctx: Ctx) {
  const fault = tokenFault(text);
  if (fault === undefined) return ctx.secret(text, "installation token");
  throw badAnswer(`the token ${fault}`);
}

function instantOf(text: string): Date {
  const end = new Date(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) ? text : Number.NaN);
  if (Number.isNaN(end.getTime())) throw badAnswer("the answer's expires_at is no instant");
  return end;
}

function badAnswer(message: string): RotateError {
  const hint = "something between may have changed the answer: check baseUrl";
  return new RotateError(message, { code: "BAD_ANSWER", retryable: false, hint });
}
