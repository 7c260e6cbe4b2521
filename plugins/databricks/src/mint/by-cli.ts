import { badAnswer, beforehand } from "@rotate/plugin-kit";
import { readProfile, type Profile } from "../auth/config-file.ts";
import { parseOutput, runCli, type CliCall } from "../cli/run.ts";
import type { CredentialAnswer } from "../credential.ts";
import { checkIssuer } from "../issuer.ts";
import type { Ctx } from "../options.ts";
import type { WorkspaceLogin } from "../login.ts";
import type { MintBody } from "./body.ts";

/**
 * Mints by `databricks postgres generate-database-credential` or `databricks database generate-database-credential`
 * (databricks/cli cmd/workspace/postgres, cmd/workspace/database). Secrets go by the environment. Throws what the CLI says, or BAD_ANSWER.
 */
export async function mintByCli(
  mint: MintBody,
  attempt: string,
  ctx: Ctx & { readonly login: WorkspaceLogin },
): Promise<CredentialAnswer> {
  const { login } = ctx;
  const what = `no credential for ${mint.subject}`;
  const args = [...words(mint, attempt), "--output", "json"];
  const who = await beforehand(() => identityOf(login, ctx));
  const output = parseOutput(await runCli({ what, args, ...who, remedy: login.remedy }, ctx));
  if (output === undefined)
    throw badAnswer("the CLI printed no JSON", "run the same `databricks` command by hand and look at what it prints");
  if (typeof output["token"] === "string") await checkIssuer(output["token"], login.workspace, ctx);
  return output;
}

function words({ api, body }: MintBody, attempt: string): readonly string[] {
  if (api === "provisioned") {
    return ["database", "generate-database-credential", "--request-id", attempt, "--json", JSON.stringify(body)];
  }
  const { endpoint, ttl, claims } = body;
  const subject = claims === undefined ? [endpoint] : ["--json", JSON.stringify({ endpoint, claims })];
  return ["postgres", "generate-database-credential", ...subject, ...life(ttl)];
}

/** An hour is what the service gives unasked: without the flag, older CLIs can do it too. */
function life(ttl: string): readonly string[] {
  return ttl === "3600s" ? [] : ["--ttl", ttl];
}

type Identity = Pick<CliCall, "profile" | "configFile" | "env">;

/** A bearer of ours goes as a plain token, whatever it is: the CLI sends both alike. A login of the CLI's own is named by its profile, read anew. */
async function identityOf(login: WorkspaceLogin, ctx: Ctx): Promise<Identity> {
  const { origin, id } = login.workspace;
  const host = { DATABRICKS_HOST: origin, DATABRICKS_WORKSPACE_ID: id };
  if (login.kind === "bearer") {
    const env = { ...host, DATABRICKS_TOKEN: login.bearer, DATABRICKS_AUTH_TYPE: "pat" };
    return { profile: { name: "rotate", settings: settingsOf(login, { auth_type: "pat" }) }, env };
  }
  const { profile: name, configFile } = login;
  if (name === undefined) return { configFile, env: { ...host, DATABRICKS_AUTH_TYPE: "databricks-cli" } };
  const found = await readProfile(configFile, name, ctx);
  return { profile: { ...found, settings: settingsOf(login, found.settings) }, configFile, env: host };
}

/** A profile's settings, sent to the workspace that is meant. */
function settingsOf({ workspace: { origin, id } }: WorkspaceLogin, settings: Profile["settings"]): Profile["settings"] {
  return { ...settings, host: origin, ...(id !== undefined && { workspace_id: id }) };
}
