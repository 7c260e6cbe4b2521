import { RotateError } from "@rotate/plugin-kit";
import { parseOutput, runCli } from "../cli.ts";
import type { Ctx } from "../options.ts";
import type { BearerSession, Workspace } from "../session.ts";
import { faultOf } from "../token-checks.ts";
import { usable } from "./access-token.ts";

export interface User {
  readonly profile: string | undefined;
  readonly configFile: string;
}

/**
 * A person's login, refreshed and kept by `databricks auth token` (databricks/cli cmd/auth/token.go), which prints
 * `{access_token, token_type, expiry}`. Throws what the CLI says, or BAD_ANSWER.
 */
export async function userSession(workspace: Workspace, user: User, ctx: Ctx): Promise<BearerSession> {
  const remedy = "log in again: databricks auth login";
  const where = user.profile === undefined ? ["--host", workspace.origin] : ["--profile", user.profile];
  const env = { DATABRICKS_CONFIG_FILE: user.configFile };
  const args = ["auth", "token", ...where, "--output", "json"];
  const output = parseOutput(await runCli({ what: "no login from the CLI", args, env, remedy }, ctx));
  const { access_token: token, expiry } = output ?? {};
  const end = typeof expiry === "string" ? Date.parse(expiry) : Number.NaN;
  if (typeof token !== "string" || faultOf(token) !== undefined || Number.isNaN(end)) throw badOutput();
  const expires = usable((end - ctx.now()) / 1000);
  return { kind: "bearer", workspace, bearer: ctx.secret(token, "access token"), expires, remedy, mayAskWho: true };
}

function badOutput(): RotateError {
  return new RotateError("the CLI printed no access token with an expiry", {
    code: "BAD_ANSWER",
    retryable: false,
    noEffect: true,
    hint: "run `databricks auth token` by hand and look at what it prints",
  });
}
