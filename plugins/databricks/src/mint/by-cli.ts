import { RotateError, type ExecInit } from "@rotate/plugin-kit";
import { parseOutput, runCli } from "../cli.ts";
import type { CredentialAnswer } from "../credential.ts";
import type { Ctx } from "../options.ts";
import type { Session } from "../session.ts";
import type { MintBody } from "./body.ts";

/**
 * Mints by `databricks postgres generate-database-credential` or `databricks database generate-database-credential`
 * (databricks/cli cmd/workspace/postgres, cmd/workspace/database). Secrets go by the environment. Throws what the CLI says, or BAD_ANSWER.
 */
export async function mintByCli(
  mint: MintBody,
  attempt: string,
  ctx: Ctx & { readonly login: Session },
): Promise<CredentialAnswer> {
  const { login } = ctx;
  const what = `no credential for ${mint.subject}`;
  const profile = login.kind === "cli" && login.profile !== undefined ? ["--profile", login.profile] : [];
  const args = [...words(mint, attempt), "--output", "json", ...profile];
  const output = parseOutput(await runCli({ what, args, env: environment(login), remedy: login.remedy }, ctx));
  if (output !== undefined) return output;
  throw new RotateError("the CLI printed no JSON", {
    code: "BAD_ANSWER",
    retryable: false,
    hint: "run the same `databricks` command by hand and look at what it prints",
  });
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

/** A bearer of ours goes as a plain token, whatever it is: the CLI sends both alike. */
function environment(login: Session): NonNullable<ExecInit["env"]> {
  const host = { DATABRICKS_HOST: login.workspace?.origin, DATABRICKS_WORKSPACE_ID: login.workspace?.id };
  if (login.kind === "bearer") return { ...host, DATABRICKS_TOKEN: login.bearer, DATABRICKS_AUTH_TYPE: "pat" };
  const pinned = login.profile === undefined && login.workspace !== undefined;
  return {
    ...host,
    ...(login.configFile !== undefined && { DATABRICKS_CONFIG_FILE: login.configFile }),
    ...(pinned && { DATABRICKS_AUTH_TYPE: "databricks-cli" }),
  };
}
