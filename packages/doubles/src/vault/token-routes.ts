import { allowOnly, type Call, type RouteReply, type Services } from "./call.ts";
import { permissionDenied, readLife, refuse } from "./envelope.ts";
import type { TokenRecord } from "./token-types.ts";
import { authOf, secondsLeft } from "./tokens.ts";

/** `auth/token/*-self`. Undefined for any other path. */
export async function tokenRoute(call: Call, services: Services): Promise<RouteReply | undefined> {
  const token = call.token ?? refuse(403, permissionDenied);
  const { now, tokens, endToken } = services;
  switch (call.path) {
    case "auth/token/lookup-self":
      allowOnly(call, "read");
      return { data: describe(token, now()) };
    case "auth/token/renew-self": {
      allowOnly(call, "update");
      const renewed = tokens.renew(token, readLife(call, "increment"));
      return { auth: authOf(renewed.token), warnings: renewed.warnings };
    }
    case "auth/token/revoke-self":
      allowOnly(call, "update");
      await endToken(token.id);
      return {};
    default:
      return undefined;
  }
}

function describe(token: TokenRecord, now: number): Readonly<Record<string, unknown>> {
  const { settings } = token;
  return {
    id: token.id,
    accessor: token.accessor,
    creation_time: Math.floor(token.createdAt / 1000),
    creation_ttl: secondsLeft(token.firstExpiresAt, token.createdAt),
    display_name: token.displayName,
    entity_id: "",
    expire_time: token.expiresAt === null ? null : new Date(token.expiresAt).toISOString(),
    explicit_max_ttl: Math.floor((settings.explicitMaxTtl ?? 0) / 1000),
    issue_time: new Date(token.createdAt).toISOString(),
    meta: token.metadata,
    num_uses: token.uses,
    orphan: true,
    path: token.path,
    policies: token.policies,
    renewable: token.renewable,
    ttl: secondsLeft(token.expiresAt, now),
    type: token.type,
    ...(token.renewedAt !== null && {
      last_renewal: new Date(token.renewedAt).toISOString(),
      last_renewal_time: Math.floor(token.renewedAt / 1000),
    }),
    ...(settings.period !== undefined && { period: Math.floor(settings.period / 1000) }),
  };
}
