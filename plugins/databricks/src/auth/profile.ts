import { invalid, type Secret } from "@rotate/plugin-kit";
import { githubIdentity } from "@rotate/plugin-kit/tokens";
import type { Ctx } from "../options.ts";
import type { WorkspaceLogin, Workspace } from "../login.ts";
import { readWorkspace } from "../workspace.ts";
import { readProfile, type Profile } from "./config-file.ts";
import { federatedLogin } from "./federation.ts";
import { machineLogin } from "./machine.ts";
import { patLogin } from "./pat.ts";
import { userLogin } from "./user.ts";

/** The file that holds the profiles. */
export function configPath(configFile: string | undefined, env: Ctx["env"]): string {
  return configFile ?? (env["DATABRICKS_CONFIG_FILE"] || `${env["HOME"] ?? ""}/.databrickscfg`);
}

/** The workspace that a profile names, unless the spec names one. */
export function workspaceOf({ settings }: Profile, { options }: Ctx): Workspace {
  return readWorkspace(options.host ?? settings["host"], options.workspaceId ?? settings["workspace_id"]);
}

/** Logs in as a profile says. Throws INVALID for a kind of login that only the CLI speaks. */
export async function profileLogin(
  asked: string | undefined,
  configFile: string | undefined,
  ctx: Ctx,
): Promise<WorkspaceLogin> {
  const path = configPath(configFile, ctx.env);
  const profile = await readProfile(path, asked, ctx);
  const { settings, name } = profile;
  const workspace = workspaceOf(profile, ctx);
  const secret = (key: string): Secret => ctx.secret(required(profile, key), `${key} of profile ${name}`);
  const type = authType(profile);
  switch (type) {
    case "pat":
      return patLogin(workspace, secret("token"));
    case "oauth-m2m":
      return machineLogin(
        workspace,
        { clientId: required(profile, "client_id"), clientSecret: secret("client_secret"), scope: "all-apis" },
        ctx,
      );
    case "databricks-cli":
      return userLogin(workspace, { profile, configFile: path }, ctx);
    case "github-oidc":
      return federatedLogin(
        workspace,
        {
          clientId: settings["client_id"],
          identity: (audience) => githubIdentity(settings["audience"] ?? audience, ctx),
        },
        ctx,
      );
    default:
      throw invalid(
        `profile ${name} logs in by ${type}`,
        "let the CLI do it: method cli; or write another auth in the spec",
      );
  }
}

/** The pinned `auth_type`, else what the settings amount to. */
function authType({ name, settings }: Profile): string {
  const { auth_type: pinned, token, client_id: id, client_secret: secret } = settings;
  if (pinned !== undefined) return pinned;
  if (token !== undefined && id !== undefined) {
    throw invalid(`profile ${name} has a token and a client_id`, "pin one of them with auth_type in the profile");
  }
  if (token !== undefined) return "pat";
  return id !== undefined && secret !== undefined ? "oauth-m2m" : "databricks-cli";
}

function required({ name, settings }: Profile, key: string): string {
  const value = settings[key];
  if (value === undefined) throw invalid(`profile ${name} has no ${key}`, `add ${key} to the profile`);
  return value;
}
