import { isRotateError, type HttpAnswer, type Infer, type Schema } from "@rotate/plugin-kit";
import { secured } from "@rotate/plugin-kit/tokens";
import type { Ctx } from "../options.ts";
import { isWebPage, refusal, webPage } from "../refusal.ts";
import type { Workspace } from "../login.ts";

/** Where a workspace hands out access tokens. */
export interface TokenEndpoint {
  readonly url: URL;
  /** With the number that the host says it has, unless the spec says one. */
  readonly workspace: Workspace;
  /** What a foreign identity token must be made for. */
  readonly audience: string;
}

const hostMetadata = {
  type: "object",
  properties: {
    oidc_endpoint: { type: ["string", "null"] },
    account_id: { type: ["string", "null"] },
    workspace_id: { type: ["string", "null"] },
    token_federation_default_oidc_audiences: { type: "array", items: { type: "string" } },
  },
} as const;

const authorizationServer = {
  type: "object",
  properties: { token_endpoint: { type: "string" } },
  required: ["token_endpoint"],
} as const;

/**
 * Finds the token endpoint: `/.well-known/databricks-config` if the host has it, then OAuth metadata (RFC 8414), else the fixed path of a
 * workspace (databricks-sdk-go config/host_metadata.go, credentials/u2m/endpoint_supplier.go). Throws BAD_ANSWER when web pages answer.
 */
export async function discover(workspace: Workspace, ctx: Ctx): Promise<TokenEndpoint> {
  const metadata = await optional(new URL("/.well-known/databricks-config", workspace.origin), hostMetadata, ctx);
  const oidc =
    metadata?.oidc_endpoint?.replaceAll("{account_id}", metadata.account_id ?? "") ?? `${workspace.origin}/oidc`;
  const server = await oauthMetadata(`${oidc}/.well-known/oauth-authorization-server`, ctx);
  const url = secured("the token endpoint", server?.token_endpoint ?? `${oidc}/v1/token`);
  const [audience = url.href] = metadata?.token_federation_default_oidc_audiences ?? [];
  const id = workspace.id ?? metadata?.workspace_id ?? undefined;
  return { url, workspace: { ...workspace, id }, audience };
}

async function oauthMetadata(url: string, ctx: Ctx): Promise<Infer<typeof authorizationServer> | undefined> {
  const answer = await ctx.http(secured("the OAuth metadata", url));
  if (answer.status === 404 && !isWebPage(answer)) return undefined;
  if (isWebPage(answer)) throw webPage("no OAuth metadata", answer);
  if (!answer.ok) throw refusal("no OAuth metadata", answer, "check host");
  return answer.json(authorizationServer);
}

/** Best effort: many hosts do not have it. What is really wrong with the host shows in the next call. */
async function optional<const S extends Schema>(
  url: URL,
  schema: S,
  { http, log }: Ctx,
): Promise<Infer<S> | undefined> {
  const answer = await http(url, { timeout: 10_000 }).catch((error: unknown): HttpAnswer | undefined => {
    if (!isRotateError(error)) throw error;
    log.debug("no host metadata", { error: error.message });
    return undefined;
  });
  return answer?.ok ? answer.tryJson(schema) : undefined;
}
