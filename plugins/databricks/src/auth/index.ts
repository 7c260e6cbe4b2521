import { githubIdentity } from "@rotate/plugin-kit/tokens";
import type { Ctx } from "../options.ts";
import type { CliLogin, WorkspaceLogin } from "../login.ts";
import { readWorkspace } from "../workspace.ts";
import { readProfile } from "./config-file.ts";
import { federatedLogin } from "./federation.ts";
import { machineLogin } from "./machine.ts";
import { patLogin } from "./pat.ts";
import { configPath, profileLogin, workspaceOf } from "./profile.ts";
import { userLogin } from "./user.ts";

/** Proves who we are, by the spec's `auth`. With `method: cli`, the logins that the CLI keeps are left to it. */
export async function login(ctx: Ctx): Promise<WorkspaceLogin> {
  const { auth, method } = ctx.options;
  if (method === "cli" && (auth.method === "profile" || auth.method === "databricks-cli")) return cliLogin(auth, ctx);
  switch (auth.method) {
    case "pat":
      return patLogin(workspace(ctx), await ctx.resolve(auth.token));
    case "oauth-m2m": {
      const { clientId, clientSecret, scope } = auth;
      return machineLogin(workspace(ctx), { clientId, scope, clientSecret: await ctx.resolve(clientSecret) }, ctx);
    }
    case "github-oidc": {
      const { clientId, audience } = auth;
      return federatedLogin(
        workspace(ctx),
        { clientId, identity: (wanted) => githubIdentity(audience ?? wanted, ctx) },
        ctx,
      );
    }
    case "env-oidc":
    case "file-oidc": {
      const { clientId, token } = auth;
      return federatedLogin(workspace(ctx), { clientId, identity: () => ctx.resolve(token) }, ctx);
    }
    case "databricks-cli":
      return userLoginFor(auth.profile, ctx);
    case "profile":
    default:
      return profileLogin(auth.profile, auth.configFile, ctx);
  }
}

function workspace({ options }: Ctx) {
  return readWorkspace(options.host, options.workspaceId);
}

/** The host is the spec's, else that of the profile. */
async function userLoginFor(profile: string | undefined, ctx: Ctx): Promise<WorkspaceLogin> {
  const configFile = configPath(undefined, ctx.env);
  if (profile === undefined && ctx.options.host !== undefined)
    return userLogin(workspace(ctx), { profile, configFile }, ctx);
  const found = await readProfile(configFile, profile, ctx);
  return userLogin(workspaceOf(found, ctx), { profile: found, configFile }, ctx);
}

/** The login is the CLI's, the workspace is ours to say: the spec's, else the profile's. */
async function cliLogin({ method, profile, configFile: named }: CliAuth, ctx: Ctx): Promise<CliLogin> {
  const configFile = configPath(named, ctx.env);
  const remedy = "the CLI's login is not taken: log in again as the user that runs rotate, databricks auth login";
  const byHost = method === "databricks-cli" && profile === undefined && ctx.options.host !== undefined;
  if (byHost) return { kind: "cli", workspace: workspace(ctx), profile: undefined, configFile, remedy };
  const found = await readProfile(configFile, profile, ctx);
  return { kind: "cli", workspace: workspaceOf(found, ctx), profile: found.name, configFile, remedy };
}

interface CliAuth {
  readonly method: "profile" | "databricks-cli";
  readonly profile?: string;
  readonly configFile?: string;
}
