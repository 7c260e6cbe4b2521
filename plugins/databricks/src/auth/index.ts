import type { Ctx } from "../options.ts";
import type { CliSession, Session } from "../session.ts";
import { readWorkspace } from "../workspace.ts";
import { readProfile } from "./config-file.ts";
import { federatedSession, githubIdentity } from "./federation.ts";
import { machineSession } from "./machine.ts";
import { patSession } from "./pat.ts";
import { configPath, profileSession, workspaceOf } from "./profile.ts";
import { userSession } from "./user.ts";

/** Proves who we are, by the spec's `auth`. With `method: cli`, the logins that the CLI keeps are left to it. */
export async function login(ctx: Ctx): Promise<Session> {
  const { auth, method } = ctx.options;
  if (method === "cli" && auth.method === "profile") return cliSession(auth.profile, auth.configFile, ctx);
  if (method === "cli" && auth.method === "databricks-cli") return cliSession(auth.profile, undefined, ctx);
  switch (auth.method) {
    case "pat":
      return patSession(workspace(ctx), await ctx.resolve(auth.token));
    case "oauth-m2m": {
      const { clientId, clientSecret, scope } = auth;
      return machineSession(workspace(ctx), { clientId, scope, clientSecret: await ctx.resolve(clientSecret) }, ctx);
    }
    case "github-oidc": {
      const { clientId, audience } = auth;
      return federatedSession(
        workspace(ctx),
        { clientId, identity: (wanted) => githubIdentity(audience ?? wanted, ctx) },
        ctx,
      );
    }
    case "env-oidc":
    case "file-oidc": {
      const { clientId, token } = auth;
      return federatedSession(workspace(ctx), { clientId, identity: () => ctx.resolve(token) }, ctx);
    }
    case "databricks-cli":
      return userLogin(auth.profile, ctx);
    case "profile":
    default:
      return profileSession(auth.profile, auth.configFile, ctx);
  }
}

function workspace({ options }: Ctx) {
  return readWorkspace(options.host, options.workspaceId);
}

/** The host is the spec's, else that of the profile. */
async function userLogin(profile: string | undefined, ctx: Ctx): Promise<Session> {
  const configFile = configPath(undefined, ctx);
  if (ctx.options.host !== undefined) return userSession(workspace(ctx), { profile, configFile }, ctx);
  const found = await readProfile(configFile, profile);
  return userSession(workspaceOf(found, ctx), { profile: found.name, configFile }, ctx);
}

function cliSession(profile: string | undefined, configFile: string | undefined, ctx: Ctx): CliSession {
  return {
    kind: "cli",
    workspace: ctx.options.host === undefined ? undefined : workspace(ctx),
    profile,
    configFile,
    remedy: "run the same `databricks` command by hand as this user; log in again with `databricks auth login`",
  };
}
