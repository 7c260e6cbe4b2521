import { defineProvider, type LocalPlace } from "@rotate/plugin-kit";
import { approach, clientToken } from "./client.ts";
import { managedToken } from "./managed-identity.ts";
import { options, request, type Auth } from "./options.ts";
import { loginsOf } from "./logins.ts";

/** Identities that only this machine, or this job, has. */
const ofMachine: readonly Auth["method"][] = ["managed-identity", "github-oidc"];

function readsFile(auth: Auth): boolean {
  return auth.method === "federated" && auth.token === undefined;
}

function placeOf(path: string | undefined): readonly LocalPlace[] {
  return path ? [{ path }] : [];
}

/**
 * Mints access tokens of Microsoft Entra ID for an application or a managed identity. None can be revoked: they only expire, after 60 to 90
 * minutes as a rule, and a managed identity gets the same one for hours. The wire is that of learn.microsoft.com/entra/identity-platform.
 */
export const azureEntra = defineProvider({
  type: "azure-entra",
  start: {
    title: "Azure: a token of Entra ID (Azure Database, storage, any API)",
    options: ["tenantId"],
    request: ["scope"],
    logins: loginsOf,
  },
  options,
  request,
  fields: { token: { secret: true, description: "The access token; for PostgreSQL and MySQL, the password" } },

  maxLife: 86_400_000,
  reads: ({ auth }, env) => (readsFile(auth) ? [env["AZURE_FEDERATED_TOKEN_FILE"]].flatMap(placeOf) : []),
  scope: ({ auth }) => (readsFile(auth) || ofMachine.includes(auth.method) ? "host" : "anywhere"),

  async check(ctx, asked) {
    const { auth } = ctx.options;
    if (auth.method !== "managed-identity") await approach(auth, ctx);
    else if (asked !== undefined) await managedToken(auth, asked.scope, ctx);
  },
  async mint({ scope }, ctx) {
    const { auth } = ctx.options;
    const { token, expires } =
      auth.method === "managed-identity" ? await managedToken(auth, scope, ctx) : await clientToken(auth, scope, ctx);
    return { fields: { token }, expires };
  },
});
