import { defineProvider } from "@rotate/plugin-kit";
import { entraToken, readsOf, scopeOf } from "./access.ts";
import { approach } from "./client.ts";
import { managedToken } from "./managed-identity.ts";
import { loginsOf } from "./logins.ts";
import { options, request } from "./options.ts";

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
  reads: readsOf,
  scope: scopeOf,

  async check(ctx, asked) {
    const { auth } = ctx.options;
    if (auth.method !== "managed-identity") await approach(auth, ctx);
    else if (asked !== undefined) await managedToken(auth, asked.scope, ctx);
  },
  async mint({ scope }, ctx) {
    const { token, expires } = await entraToken(scope, ctx);
    return { fields: { token }, expires };
  },
});
