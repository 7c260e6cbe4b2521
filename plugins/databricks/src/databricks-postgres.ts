import { defineProvider, isRotateError } from "@rotate/plugin-kit";
import { loginPlaces, loginScope } from "./auth/facts.ts";
import { login } from "./auth/index.ts";
import { runCli } from "./cli/run.ts";
import { readCredential } from "./credential.ts";
import { mintBody } from "./mint/body.ts";
import { mintByCli } from "./mint/by-cli.ts";
import { mintOverHttp } from "./mint/over-http.ts";
import { options, request, type Ctx } from "./options.ts";
import { isWebPage, refusal, webPage } from "./refusal.ts";
import type { BearerLogin } from "./login.ts";
import { loginsOf } from "./logins.ts";

/**
 * Mints the OAuth JWT that Databricks Lakebase takes as a PostgreSQL password. There is no way to revoke one: it only expires.
 * The wire is that of databricks-sdk-go (service/postgres, service/database, config) and docs.databricks.com/api/postgres/v1.
 */
export const databricksPostgres = defineProvider({
  type: "databricks-postgres",
  start: {
    title: "Databricks: a login to Lakebase (PostgreSQL)",
    options: ["host"],
    request: ["endpoint"],
    logins: loginsOf,
  },
  options,
  request,
  fields: { token: { secret: true, description: "OAuth JWT: the PostgreSQL password of the identity that minted it" } },

  maxLife: 3_600_000,
  reads: loginPlaces,
  scope: loginScope,
  login,

  async check(ctx, asked) {
    if (asked !== undefined) mintBody(asked, ctx.options.api);
    if (ctx.options.method === "cli") {
      const remedy = "run `databricks --version` by hand";
      await runCli({ what: "the CLI does not run", args: ["--version"], remedy }, ctx);
    } else if (ctx.login.kind === "bearer" && ctx.login.mayAskWho) {
      await askWho(ctx.login, ctx);
    }
  },

  async mint(asked, ctx) {
    const body = mintBody(asked, ctx.options.api);
    const { login: proof } = ctx;
    const answer =
      ctx.options.method === "http" && proof.kind === "bearer"
        ? await mintOverHttp(body, ctx.leaseId, { ...ctx, login: proof })
        : await mintByCli(body, ctx.leaseId, ctx);
    const { token, expires } = readCredential(answer, proof.kind === "bearer" ? proof.bearer : undefined);
    return { fields: { token: ctx.secret(token, "database credential") }, expires };
  },
});

/** Is the login taken? A service that is busy or down says nothing of that, and the mint will tell. */
async function askWho({ workspace, bearer, remedy }: BearerLogin, { http, log }: Ctx): Promise<void> {
  const headers = { "x-databricks-workspace-id": workspace.id };
  try {
    const answer = await http(new URL("/api/2.0/preview/scim/v2/Me", workspace.origin), { bearer, headers });
    if (isWebPage(answer) && answer.status < 500) throw webPage("cannot log in", answer);
    if (!answer.ok) throw refusal("cannot log in", answer, remedy);
  } catch (error) {
    if (!isRotateError(error) || !error.retryable) throw error;
    log.warn("cannot ask whether the login works", { error: error.message, remedy: error.hint });
  }
}
