import { defineProvider } from "@rotate/plugin-kit";
import { clientToken } from "./client.ts";
import { managedToken } from "./managed-identity.ts";
import { options, request } from "./options.ts";

/**
 * Mints access tokens of Microsoft Entra ID for an application or a managed identity. None can be revoked: they only expire, after 60 to 90
 * minutes as a rule, and a managed identity gets the same one for hours. The wire is that of learn.microsoft.com/entra/identity-platform.
 */
export const azureEntra = defineProvider({
  type: "azure-entra",
  options,
  request,
  fields: { token: { secret: true, description: "The access token; for PostgreSQL and MySQL, the password" } },

  async mint({ scope }, ctx) {
    const { auth } = ctx.options;
    const { token, expires } =
      auth.method === "managed-identity" ? await managedToken(auth, scope, ctx) : await clientToken(auth, scope, ctx);
    return { fields: { token }, expires };
  },
});
