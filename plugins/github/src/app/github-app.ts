import {
  badAnswer,
  beforehand,
  defineProvider,
  isRotateError,
  isSecret,
  withDetails,
  type Secret,
} from "@rotate/plugin-kit";
import { tokenFault } from "@rotate/plugin-kit/tokens";
import { call, readAs } from "./api.ts";
import { appJwt } from "./app-jwt.ts";
import { checkInstallation, findInstallation, type Which } from "./installation.ts";
import { options, request, type Ctx, type Request } from "./options.ts";
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
  start: { title: "GitHub: the token of an app's installation", request: ["owner"] },
  options,
  request,
  fields: { token: { secret: true, description: "Installation access token (ghs_…), of any length" } },

  maxLife: 3_600_000,
  scope: "anywhere",

  async check(ctx, asked) {
    const bearer = await appJwt(ctx);
    const answer = await call({ path: "/app", bearer }, ctx);
    if (!answer.ok) throw refusal("the app is not taken", answer, { now: ctx.now(), remedy: appRemedy });
    if (asked !== undefined) await checkInstallation(whichOf(asked), bearer, ctx);
  },

  async mint(asked, ctx) {
    const { bearer, id } = await beforehand(() => approach(asked, ctx));
    const { repositories, permissions } = asked;
    const json = { ...(repositories && { repositories }), ...(permissions && { permissions }) };
    const answer = await call({ path: `/app/installations/${id}/access_tokens`, bearer, json }, ctx);
    const what = `no token for installation ${id}`;
    if (!answer.ok) throw refusal(what, answer, { now: ctx.now(), remedy: appRemedy });
    const { token, expires_at: end } = readAs(answer, answered);
    const secret = checked(token, ctx);
    return { fields: { token: secret }, expires: await usableUntil(secret, end, ctx) };
  },

  async revokeValue({ token }, ctx) {
    await revoke(isSecret(token) ? token : ctx.secret(token, "installation token"), ctx);
  },
});

function whichOf({ repositories, permissions: _permissions, ...which }: Request): Which {
  return { ...which, repository: repositories?.[0] };
}

async function approach(asked: Request, ctx: Ctx): Promise<{ readonly bearer: Secret; readonly id: string }> {
  const bearer = await appJwt(ctx);
  return { bearer, id: await findInstallation(whichOf(asked), bearer, ctx) };
}

async function revoke(bearer: Secret, ctx: Ctx): Promise<void> {
  const answer = await call({ path: "/installation/token", bearer, method: "DELETE" }, ctx);
  // A token that is revoked already, or over, is no longer taken.
  if (answer.ok || answer.status === 401) return;
  throw refusal("the token was not revoked", answer, { now: ctx.now(), remedy: "it ends within the hour by itself" });
}

/** A token whose end cannot be read is of no use: it is given back. */
async function usableUntil(token: Secret, end: string, ctx: Ctx): Promise<Date> {
  try {
    return instantOf(end);
  } catch (error) {
    const gone = await revoke(token, ctx).then(
      () => true,
      () => false,
    );
    throw gone && isRotateError(error) ? withDetails(error, { noEffect: true }) : error;
  }
}

function checked(text: string, ctx: Ctx) {
  const fault = tokenFault(text);
  if (fault === undefined) return ctx.secret(text, "installation token");
  throw badAnswer(`the token ${fault}`, changed);
}

function instantOf(text: string): Date {
  const end = new Date(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) ? text : Number.NaN);
  if (Number.isNaN(end.getTime())) throw badAnswer("the answer's expires_at is no instant", changed);
  return end;
}

const changed = "something between may have changed the answer: check baseUrl";
