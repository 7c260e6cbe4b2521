import { beforehand, invalid, type Secret, type Text } from "@rotate/plugin-kit";
import { githubIdentity, secured } from "@rotate/plugin-kit/tokens";
import { certificateAssertion } from "./certificate.ts";
import { readGrant, type Granted } from "./granted.ts";
import type { Auth, Ctx } from "./options.ts";
import { entraRefusal } from "./refusal.ts";

/** Every way to be an application: all but the managed identity. */
export type ClientAuth = Exclude<Auth, { readonly method: "managed-identity" }>;

const jwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** Client credentials (learn.microsoft.com, "OAuth 2.0 client credentials flow"; RFC 6749 §4.4, RFC 7523 §2.2). */
export async function clientToken(auth: ClientAuth, scope: string, ctx: Ctx): Promise<Granted> {
  const { url, clientId, proof } = await beforehand(() => approach(auth, ctx));
  const form = { grant_type: "client_credentials", client_id: clientId, scope, ...proof };
  const answer = await ctx.http(url, { form });
  const refusal = entraRefusal(answer, `no token for ${clientId}`, ctx.now());
  if (refusal !== undefined) throw refusal;
  return readGrant(answer, ctx);
}

interface Approach {
  readonly url: URL;
  readonly clientId: string;
  readonly proof: Readonly<Record<string, Text>>;
}

/** All that a token is asked with, as far as it can be had without asking. Throws what is missing, or does not fit. */
export async function approach(auth: ClientAuth, ctx: Ctx): Promise<Approach> {
  const clientId = auth.clientId ?? ctx.env["AZURE_CLIENT_ID"];
  if (!clientId) throw invalid("no application is named", "set auth.clientId, or AZURE_CLIENT_ID");
  const url = tokenEndpoint(ctx);
  return { url, clientId, proof: await proofOf(auth, { clientId, audience: url.href }, ctx) };
}

function tokenEndpoint({ options, env }: Ctx): URL {
  const tenant = options.tenantId ?? env["AZURE_TENANT_ID"];
  if (!tenant) throw invalid("no tenant is named", "set tenantId, or AZURE_TENANT_ID");
  const authority = options.authority ?? (env["AZURE_AUTHORITY_HOST"] || "https://login.microsoftonline.com");
  return new URL(`/${encodeURIComponent(tenant)}/oauth2/v2.0/token`, secured("authority", authority));
}

interface About {
  readonly clientId: string;
  /** What an assertion of our own is made for: the token endpoint. */
  readonly audience: string;
}

async function proofOf(auth: ClientAuth, about: About, ctx: Ctx): Promise<Readonly<Record<string, Text>>> {
  if (auth.method === "client-secret") return { client_secret: await ctx.resolve(auth.clientSecret) };
  return { client_assertion_type: jwtBearer, client_assertion: await assertionOf(auth, about, ctx) };
}

async function assertionOf(
  auth: Exclude<ClientAuth, { readonly method: "client-secret" }>,
  about: About,
  ctx: Ctx,
): Promise<Secret> {
  if (auth.method === "client-certificate") {
    const assertion = certificateAssertion({ ...about, ...auth, key: await ctx.resolve(auth.key) }, ctx.now());
    return ctx.secret(assertion, "assertion");
  }
  if (auth.method === "github-oidc") return githubIdentity(auth.audience, ctx);
  return auth.token === undefined ? federatedFile(ctx) : ctx.resolve(auth.token);
}

/** What the webhook of Azure Workload Identity projects into a pod; the kubelet replaces it before it ends. */
async function federatedFile({ env, secret, readFile }: Ctx): Promise<Secret> {
  const path = env["AZURE_FEDERATED_TOKEN_FILE"];
  if (!path) {
    throw invalid(
      "no identity token is named",
      "set auth.token, or run in a pod with workload identity (AZURE_FEDERATED_TOKEN_FILE)",
    );
  }
  const hint = "AZURE_FEDERATED_TOKEN_FILE names the projected service account token: is it mounted?";
  const text = await readFile(path, { what: "token file", hint });
  if (text.trim() === "") throw invalid(`${path} is empty`, "is the projected token mounted?");
  return secret(text.trim(), "identity token");
}
