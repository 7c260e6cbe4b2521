import { beforehand, isRotateError, withDetails, type HttpInit } from "@rotate/plugin-kit";
import { secured } from "@rotate/plugin-kit/tokens";
import { readGrant, type Granted } from "./granted.ts";
import type { Auth, Ctx } from "./options.ts";
import { identityRefusal } from "./refusal.ts";

type Managed = Extract<Auth, { readonly method: "managed-identity" }>;

interface Question {
  readonly url: string | URL;
  readonly init: HttpInit;
}

/** The token of a managed identity. The service keeps one and gives it again: whatever goes wrong, nothing is left behind. */
export function managedToken(auth: Managed, scope: string, ctx: Ctx): Promise<Granted> {
  return beforehand(() => askService(auth, scope, ctx));
}

/** Of App Service where that offers one, else of the instance metadata service. */
async function askService(auth: Managed, scope: string, ctx: Ctx): Promise<Granted> {
  const resource = scope.replace(/\/\.default$/, "");
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header } = ctx.env;
  const { url, init } =
    endpoint && header
      ? appService(endpoint, header, ctx)
      : instanceMetadata(ctx.env["AZURE_POD_IDENTITY_AUTHORITY_HOST"]);
  const query = { ...init.query, resource, ...whoOf(auth, url) };
  const answer = await ctx.http(url, { ...init, query, proxy: false, timeout: 10_000 }).catch(explainAbsence);
  const refusal = identityRefusal(answer);
  if (refusal !== undefined) throw refusal;
  return readGrant(answer, ctx);
}

/** learn.microsoft.com/azure/app-service/overview-managed-identity, "REST endpoint reference". */
function appService(endpoint: string, header: string, { secret }: Ctx): Question {
  const headers = { "x-identity-header": secret(header, "identity header") };
  return { url: secured("IDENTITY_ENDPOINT", endpoint), init: { headers, query: { "api-version": "2019-08-01" } } };
}

/** learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token. */
function instanceMetadata(override: string | undefined): Question {
  const url = new URL("/metadata/identity/oauth2/token", override || "http://169.254.169.254");
  return { url, init: { headers: { metadata: "true" }, query: { "api-version": "2018-02-01" } } };
}

/** The two services name a resource id differently. */
function whoOf(
  { clientId, objectId, resourceId }: Managed,
  url: string | URL,
): Readonly<Record<string, string | undefined>> {
  const resource = new URL(url).pathname.startsWith("/metadata/") ? "msi_res_id" : "mi_res_id";
  return { client_id: clientId, object_id: objectId, [resource]: resourceId };
}

function explainAbsence(error: unknown): never {
  if (!isRotateError(error) || (error.code !== "UNAVAILABLE" && error.code !== "TIMEOUT")) throw error;
  throw withDetails(error, {
    message: `no managed identity service: ${error.message}`,
    hint: "is this a machine or app of Azure with an identity? In a container, may it reach 169.254.169.254?",
  });
}
