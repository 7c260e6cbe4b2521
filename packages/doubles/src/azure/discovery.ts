import type { DoubleAnswer } from "../http-double.ts";

/** Where an authority is, and whose. */
export interface Authority {
  /** `https://127.0.0.1:PORT`. */
  readonly url: string;
  readonly tenantId: string;
}

/** `GET /TENANT/v2.0/.well-known/openid-configuration` (learn.microsoft.com/entra/identity-platform/v2-protocols-oidc). */
export function openidConfiguration({ url, tenantId }: Authority): DoubleAnswer {
  const base = `${url}/${tenantId}`;
  const body = {
    token_endpoint: `${base}/oauth2/v2.0/token`,
    token_endpoint_auth_methods_supported: ["client_secret_post", "private_key_jwt", "client_secret_basic"],
    jwks_uri: `${base}/discovery/v2.0/keys`,
    response_modes_supported: ["query", "fragment", "form_post"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
    response_types_supported: ["code", "id_token", "code id_token", "id_token token"],
    scopes_supported: ["openid", "profile", "email", "offline_access"],
    issuer: `${base}/v2.0`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    claims_supported: ["sub", "iss", "aud", "exp", "iat", "tid", "ver"],
    tenant_region_scope: "EU",
  };
  return { status: 200, body };
}

/** `GET /common/discovery/instance`: who else this authority is. */
export function instanceDiscovery({ url, tenantId }: Authority): DoubleAnswer {
  const { host } = new URL(url);
  const body = {
    tenant_discovery_endpoint: `${url}/${tenantId}/v2.0/.well-known/openid-configuration`,
    "api-version": "1.1",
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  };
  return { status: 200, body };
}
