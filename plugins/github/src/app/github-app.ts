import { beforehand, defineProvider, isSecret, type Secret } from "@rotate/plugin-kit";
import { call } from "./api.ts";
import { appJwt } from "./app-jwt.ts";
import { checkInstallation, findInstallation, type Which } from "./installation.ts";
import { installationToken, revokeToken } from "./installation-token.ts";
import { options, request, type Ctx, type Request } from "./options.ts";
import { appRemedy, refusal } from "./refusal.ts";

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
    const wish = { id, bearer, ...(repositories && { repositories }), ...(permissions && { permissions }) };
    const { token, expires } = await installationToken(wish, ctx);
    return { fields: { token }, expires };
  },

  async revokeValue({ token }, ctx) {
    await revokeToken(isSecret(token) ? token : ctx.secret(token, "installation token"), ctx);
  },
});

function whichOf({ repositories, permissions: _permissions, ...which }: Request): Which {
  return { ...which, repository: repositories?.[0] };
}

async function approach(asked: Request, ctx: Ctx): Promise<{ readonly bearer: Secret; readonly id: string }> {
  const bearer = await appJwt(ctx);
  return { bearer, id: await findInstallation(whichOf(asked), bearer, ctx) };
}
