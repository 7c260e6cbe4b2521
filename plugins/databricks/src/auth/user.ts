import { badAnswer, type RotateError } from "@rotate/plugin-kit";
import { tokenFault } from "@rotate/plugin-kit/tokens";
import { parseOutput, runCli } from "../cli/run.ts";
import { checkIssuer } from "../issuer.ts";
import type { Ctx } from "../options.ts";
import type { BearerLogin, Workspace } from "../login.ts";
import { usable } from "./access-token.ts";
import type { Profile } from "./config-file.ts";

/** A person who logged in with `databricks auth login`; the CLI keeps that login. */
export interface User {
  /** Undefined: the login that was made for the host alone. */
  readonly profile: Profile | undefined;
  readonly configFile: string;
}

/**
 * A person's login, refreshed and kept by `databricks auth token` (databricks/cli cmd/auth/token.go), which prints
 * `{access_token, token_type, expiry}`. Throws what the CLI says, or BAD_ANSWER.
 */
export async function userLogin(workspace: Workspace, user: User, ctx: Ctx): Promise<BearerLogin> {
  const remedy = "log in again: databricks auth login";
  const where = user.profile === undefined ? ["--host", workspace.origin] : [];
  const args = ["auth", "token", ...where, "--output", "json"];
  const output = parseOutput(await runCli({ what: "no login from the CLI", args, remedy, ...user }, ctx));
  const { access_token: token, expiry } = output ?? {};
  const end = typeof expiry === "string" ? Date.parse(expiry) : Number.NaN;
  if (typeof token !== "string" || tokenFault(token) !== undefined || Number.isNaN(end)) throw badOutput();
  await checkIssuer(token, workspace, ctx);
  const expires = usable((end - ctx.now()) / 1000);
  return { kind: "bearer", workspace, bearer: ctx.secret(token, "access token"), expires, remedy, mayAskWho: true };
}

function badOutput(): RotateError {
  const hint = "run `databricks auth token` by hand and look at what it prints";
  return badAnswer("the CLI printed no access token with an expiry", hint, { noEffect: true });
}
