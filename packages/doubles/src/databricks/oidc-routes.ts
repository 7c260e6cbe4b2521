import { decodeJwt, importJWK, jwtVerify } from "jose";
import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import type { Access } from "./access.ts";
import { oauthError } from "./answers.ts";
import type { Signer } from "./signer.ts";
import type { DatabricksDoubleOptions, FederationPolicy } from "./types.ts";

const tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";
const jwtType = "urn:ietf:params:oauth:token-type:jwt";

/** What the token endpoint and its metadata are made of. `now`: ms since 1970. */
export interface OidcParts {
  readonly options: DatabricksDoubleOptions & { readonly workspaceId: string };
  readonly now: () => number;
  readonly url: () => string;
  readonly access: Access;
  readonly signer: Signer;
}

/** `GET /.well-known/databricks-config`: what this host is. */
export function hostMetadata({ options, url }: OidcParts): DoubleAnswer {
  const body = {
    oidc_endpoint: `${url()}/oidc`,
    account_id: "00000000-0000-4000-8000-000000000000",
    workspace_id: options.workspaceId,
    cloud: "AWS",
    host_type: options.unified ? "unified" : "workspace",
    token_federation_default_oidc_audiences: [`${url()}/oidc/v1/token`],
  };
  return { status: 200, body };
}

/** `GET /oidc/.well-known/oauth-authorization-server` (RFC 8414). */
export function authorizationServer({ url }: OidcParts): DoubleAnswer {
  const base = `${url()}/oidc`;
  const body = {
    issuer: base,
    authorization_endpoint: `${base}/v1/authorize`,
    token_endpoint: `${base}/v1/token`,
    jwks_uri: `${base}/jwks.json`,
  };
  return { status: 200, body };
}

/** `POST /oidc/v1/token`: client credentials, token exchange, refresh token. Form bodies only (RFC 6749 section 3.2). */
export async function issueToken(request: DoubleRequest, parts: OidcParts): Promise<DoubleAnswer> {
  if (!request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded"))
    return oauthError(400, "invalid_request", "the body must be application/x-www-form-urlencoded");
  const form = new URLSearchParams(request.body);
  switch (form.get("grant_type") ?? "") {
    case "client_credentials":
      return clientCredentials(request, form, parts);
    case tokenExchange:
      return exchange(form, parts);
    case "refresh_token":
      return refresh(form, parts);
    default:
      return oauthError(400, "unsupported_grant_type", "grant_type is missing or not supported");
  }
}

function clientCredentials(
  request: DoubleRequest,
  form: URLSearchParams,
  parts: OidcParts,
): DoubleAnswer | Promise<DoubleAnswer> {
  const client = basicClient(request) ?? { id: form.get("client_id"), secret: form.get("client_secret") };
  if (client.id === null || client.secret === null || !parts.access.isClient(client.id, client.secret))
    return oauthError(401, "invalid_client", "Client authentication failed");
  return accessToken(client.id, form, parts);
}

/** Both halves are form-encoded before they are joined (RFC 6749 section 2.3.1). */
function basicClient(request: DoubleRequest): { readonly id: string; readonly secret: string } | undefined {
  const encoded = /^Basic (\S+)$/.exec(request.headers["authorization"] ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const [id = "", secret = ""] = Buffer.from(encoded, "base64")
    .toString("utf8")
    .split(/:(.*)/s)
    .map(decodeURIComponent);
  return { id, secret };
}

/** RFC 8693 with a JWT subject: another issuer's token becomes an access token, without any secret. */
async function exchange(form: URLSearchParams, parts: OidcParts): Promise<DoubleAnswer> {
  const subjectToken = form.get("subject_token");
  if (subjectToken === null || form.get("subject_token_type") !== jwtType)
    return oauthError(400, "invalid_request", "subject_token and subject_token_type are required");
  const policy = await trusted(subjectToken, form.get("client_id") ?? undefined, parts);
  if (policy === undefined)
    return oauthError(
      400,
      "invalid_grant",
      "no federation policy matches the token's issuer, subject and audience, or it is expired",
    );
  return accessToken(policy.clientId ?? policy.subject, form, parts);
}

async function trusted(
  jwt: string,
  clientId: string | undefined,
  parts: OidcParts,
): Promise<FederationPolicy | undefined> {
  const claims = decoded(jwt);
  const policy = parts.options.federation?.find(
    (one) => one.issuer === claims?.iss && one.subject === claims.sub && one.clientId === clientId,
  );
  if (policy === undefined) return undefined;
  const { issuer, subject, audience, key } = policy;
  const checks = { issuer, subject, audience, requiredClaims: ["exp"], currentDate: new Date(parts.now()) };
  return jwtVerify(jwt, await importJWK(key), checks).then(
    () => policy,
    () => undefined,
  );
}

function decoded(jwt: string): ReturnType<typeof decodeJwt> | undefined {
  try {
    return decodeJwt(jwt);
  } catch {
    return undefined;
  }
}

function refresh(form: URLSearchParams, parts: OidcParts): DoubleAnswer | Promise<DoubleAnswer> {
  const user = parts.options.refreshTokens?.[form.get("refresh_token") ?? ""];
  if (user === undefined || form.get("client_id") !== "databricks-cli")
    return oauthError(400, "invalid_request", "Refresh token is invalid");
  return accessToken(user, form, parts);
}

async function accessToken(sub: string, form: URLSearchParams, parts: OidcParts): Promise<DoubleAnswer> {
  const { options, now, signer } = parts;
  const life = Math.floor((options.accessTokenTtl ?? 3_600_000) / 1000);
  const scope = form.get("scope") ?? "all-apis";
  const access_token = await signer.signAccessToken(sub, scope, Math.floor(now() / 1000) + life);
  const expires_in = options.expiresInAsText ? String(life) : life;
  return { status: 200, body: { access_token, token_type: "Bearer", expires_in, scope } };
}
