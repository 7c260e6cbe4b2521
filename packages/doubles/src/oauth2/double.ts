import { startHttpDouble, type DoubleAnswer, type DoubleRequest } from "../http-double.ts";
import { granted, OAuthRefusal, refuse, refused } from "./answers.ts";
import { createClientAuth, type KnownClient } from "./client-auth.ts";
import { createTokenStore, type Grant, type TokenStore } from "./token-store.ts";
import type { GrantType, OAuth2Double, OAuth2DoubleOptions, OAuth2Issue } from "./types.ts";

interface Parts {
  readonly options: OAuth2DoubleOptions;
  readonly tokens: TokenStore;
  readonly authenticate: (request: DoubleRequest, form: URLSearchParams) => Promise<KnownClient>;
  readonly metadata: () => object;
}

/**
 * An OAuth 2.0 authorization server on loopback: the token endpoint (RFC 6749, client credentials, refresh, and RFC 8693 exchange), the
 * revocation endpoint (RFC 7009) and its metadata (RFC 8414). Clients prove themselves by the one method they are registered for.
 */
export async function createOAuth2Double(options: OAuth2DoubleOptions): Promise<OAuth2Double> {
  const now = options.now ?? Date.now;
  const clients = new Map(Object.entries(options.clients));
  const tokens = createTokenStore(options, now);
  const places = () => placesOf(server.url, options);
  const audiences = () => [places().issuer, places().tokenEndpoint, places().revocationEndpoint];
  const parts = {
    options,
    tokens,
    authenticate: createClientAuth({ clients, now, audiences }),
    metadata: () => metadataOf(places()),
  };
  const server = await startHttpDouble({ now, tls: options.tls, handle: (request) => answer(request, parts) });
  return {
    ...server,
    ...places(),
    issued: tokens.issued,
    accepts: tokens.accepts,
    acceptsRefresh: tokens.acceptsRefresh,
    removeClient: (id) => void clients.delete(id),
  };
}

function placesOf(url: string, { issuerPath = "" }: OAuth2DoubleOptions) {
  return { issuer: `${url}${issuerPath}`, tokenEndpoint: `${url}/token`, revocationEndpoint: `${url}/revoke` };
}

function metadataOf({ issuer, tokenEndpoint, revocationEndpoint }: ReturnType<typeof placesOf>): object {
  return {
    issuer,
    token_endpoint: tokenEndpoint,
    revocation_endpoint: revocationEndpoint,
    response_types_supported: [],
  };
}

/** RFC 8414 puts its word before the issuer's path, OpenID Connect Discovery behind it. */
function metadataPath({ issuerPath = "", discovery = "oauth" }: OAuth2DoubleOptions): string {
  if (discovery === "openid") return `${issuerPath}/.well-known/openid-configuration`;
  return `/.well-known/oauth-authorization-server${issuerPath}`;
}

async function answer(request: DoubleRequest, parts: Parts): Promise<DoubleAnswer> {
  try {
    const { method, path } = request;
    if (method === "GET" && path === metadataPath(parts.options)) return { status: 200, body: parts.metadata() };
    if (path === "/token") return await token(request, parts);
    if (path === "/revoke") return await revoke(request, parts);
    return { status: 404, body: "not found" };
  } catch (error) {
    if (error instanceof OAuthRefusal) return refused(error, request);
    throw error;
  }
}

/** RFC 6749 §3.2: POST, a form, no parameter twice. */
function formOf({ method, headers, body }: DoubleRequest): URLSearchParams {
  if (method !== "POST") return refuse("invalid_request", "the endpoint takes POST", 405);
  if (!/^application\/x-www-form-urlencoded\b/.test(headers["content-type"] ?? ""))
    return refuse("invalid_request", "the endpoint takes a form");
  const form = new URLSearchParams(body);
  const twice = [...form.keys()].find((name) => form.getAll(name).length > 1);
  return twice === undefined ? form : refuse("invalid_request", `${twice} is given twice`);
}

function isGrantType(text: string): text is GrantType {
  return ["client_credentials", "refresh_token", exchangeType].includes(text);
}

const exchangeType = "urn:ietf:params:oauth:grant-type:token-exchange";

async function token(request: DoubleRequest, parts: Parts): Promise<DoubleAnswer> {
  const form = formOf(request);
  const asker = await parts.authenticate(request, form);
  const grantType = form.get("grant_type") ?? refuse("invalid_request", "grant_type is missing");
  if (!isGrantType(grantType)) return refuse("unsupported_grant_type", `grant_type ${grantType}`);
  if (!asker.client.grants.includes(grantType))
    return refuse("unauthorized_client", `the client may not use ${grantType}`);
  switch (grantType) {
    case "client_credentials":
      return byClient(form, asker, parts);
    case "refresh_token":
      return byRefresh(form, asker, parts);
    case exchangeType:
      return byExchange(form, asker, parts);
  }
}

function scopeOf(
  form: URLSearchParams,
  allowed: readonly string[],
  { beyond = "refuse" }: Pick<OAuth2DoubleOptions, "beyond">,
): string {
  const asked = form.get("scope")?.split(" ") ?? allowed;
  const within = asked.filter((scope) => allowed.includes(scope));
  const isGranted = within.length === asked.length || (beyond === "narrow" && within.length > 0);
  return isGranted ? within.join(" ") : refuse("invalid_scope", `not all of ${asked.join(" ")} is granted`);
}

function byClient(form: URLSearchParams, { id, client }: KnownClient, parts: Parts): DoubleAnswer {
  if (client.method === "none") return refuse("unauthorized_client", "public clients have no credentials");
  const grant: Grant = {
    client: id,
    subject: id,
    scope: scopeOf(form, client.scopes, parts.options),
    audience: form.get("audience") ?? undefined,
  };
  return granted(bodyOf(parts.tokens.issue(grant), parts.options));
}

function byRefresh(form: URLSearchParams, { id }: KnownClient, { tokens, options }: Parts): DoubleAnswer {
  const given = form.get("refresh_token") ?? refuse("invalid_request", "refresh_token is missing");
  const { scope, family, refreshToken } = tokens.refresh(given, id, (allowed) =>
    scopeOf(form, allowed.split(" "), options),
  );
  const issue = tokens.issue({ client: id, subject: "user", scope }, { id: family, refreshToken });
  return granted(bodyOf(issue, options));
}

function byExchange(form: URLSearchParams, { id, client }: KnownClient, { tokens, options }: Parts): DoubleAnswer {
  const subjectToken = form.get("subject_token") ?? refuse("invalid_request", "subject_token is missing");
  if (!form.has("subject_token_type")) return refuse("invalid_request", "subject_token_type is missing");
  if (form.has("actor_token") !== form.has("actor_token_type"))
    return refuse("invalid_request", "actor_token and actor_token_type go together");
  const subject = options.subjects?.[subjectToken] ?? refuse("invalid_request", "the subject token is not valid");
  const audience = form.get("audience") ?? undefined;
  if (audience !== undefined && options.audiences?.includes(audience) === false)
    return refuse("invalid_target", `no tokens for ${audience}`);
  const issue = tokens.issue({ client: id, subject, scope: scopeOf(form, client.scopes, options), audience });
  return granted({ ...bodyOf(issue, options), issued_token_type: "urn:ietf:params:oauth:token-type:access_token" });
}

function bodyOf(
  { token: access_token, refreshToken, scope, issuedAt, expiresAt }: OAuth2Issue,
  { expiresIn = "number" }: OAuth2DoubleOptions,
): object {
  const seconds = Math.floor((expiresAt - issuedAt) / 1000);
  return {
    access_token,
    token_type: "Bearer",
    scope,
    ...(expiresIn !== "absent" && { expires_in: expiresIn === "text" ? String(seconds) : seconds }),
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
  };
}

async function revoke(request: DoubleRequest, { tokens, authenticate }: Parts): Promise<DoubleAnswer> {
  const form = formOf(request);
  const { id } = await authenticate(request, form);
  tokens.revoke(form.get("token") ?? refuse("invalid_request", "token is missing"), id);
  return { status: 200 };
}
