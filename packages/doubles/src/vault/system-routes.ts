import { capabilitiesOn, type Policy } from "./acl.ts";
import { allowOnly, textOf, type Call, type RouteReply, type Services } from "./call.ts";
import { tokenOf } from "./address.ts";
import { readLife, refuse, refusedToken } from "./envelope.ts";
import type { LeaseRecord } from "./leases.ts";
import { secondsLeft } from "./tokens.ts";

/** `sys/leases/*`, `sys/wrapping/unwrap` and `sys/capabilities-self`. Undefined for any other path. */
export async function systemRoute(
  call: Call,
  services: Services,
  policies: readonly Policy[],
): Promise<RouteReply | undefined> {
  const at = /^sys\/(leases\/(?:renew|revoke|lookup)|capabilities-self)(?:\/(.+))?$/.exec(call.path);
  if (at === null) return undefined;
  allowOnly(call, "update");
  if (at[1] === "capabilities-self") return capabilities(call, policies);
  const leaseId = at[2] ?? textOf(call, "lease_id", "lease_id must be specified");
  switch (at[1] ?? "") {
    case "leases/renew":
      return renew(leaseId, call, services);
    case "leases/revoke":
      return revoke(leaseId, call, services);
    default:
      return { data: describe(services.leases.find(leaseId) ?? refuse(400, "invalid lease"), services.now()) };
  }
}

async function renew(id: string, call: Call, { leases }: Services): Promise<RouteReply> {
  const { lease, warnings } = await leases.renew(id, readLife(call, "increment"));
  const seconds = secondsLeft(lease.expiresAt, lease.renewedAt ?? lease.issuedAt);
  return { lease: { id, seconds, renewable: lease.settings.renewable }, warnings };
}

/** Queued unless `sync`: then the answer comes first, the effect later. */
async function revoke(id: string, call: Call, { leases }: Services): Promise<RouteReply> {
  if (call.data["sync"] === true || call.data["sync"] === "true") {
    await leases.revoke(id).catch((error: unknown) => refuse(400, notRevoked(error)));
    return {};
  }
  if (leases.find(id) === undefined) return {};
  setImmediate(() => void leases.revoke(id).catch(() => undefined));
  return { status: 202 };
}

/** vault/expiration.go, revokeEntry. */
function notRevoked(error: unknown): string {
  return `failed to revoke entry: resp: (*logical.Response)(nil) err: ${error instanceof Error ? error.message : String(error)}`;
}

function describe(lease: LeaseRecord, now: number): Readonly<Record<string, unknown>> {
  return {
    id: lease.id,
    path: lease.path,
    issue_time: new Date(lease.issuedAt).toISOString(),
    expire_time: new Date(lease.expiresAt).toISOString(),
    last_renewal: lease.renewedAt === null ? null : new Date(lease.renewedAt).toISOString(),
    renewable: lease.settings.renewable,
    ttl: secondsLeft(lease.expiresAt, now),
  };
}

function capabilities(call: Call, policies: readonly Policy[]): RouteReply {
  const paths = [call.data["paths"] ?? []].flat().map(String);
  const root = call.token?.root === true;
  const found = Object.fromEntries(paths.map((path) => [path, root ? ["root"] : capabilitiesOn(path, policies)]));
  const [only = "", ...others] = paths;
  const data = { ...found, ...(others.length === 0 && { capabilities: found[only] }) };
  return { data, beside: data };
}

/** `sys/wrapping/unwrap`: the wrapping token is good for one use, and its own proof unless it stands in the body. */
export function unwrap(call: Call, { wrapped, now, tokens, options }: Services): RouteReply {
  allowOnly(call, "update");
  const inBody = textOf(call, "token");
  if (inBody !== "" && tokens.find(tokenOf(call.request)) === undefined)
    refuse(403, refusedToken(tokenOf(call.request), options.vendor));
  const token = inBody === "" ? (tokenOf(call.request) ?? "") : inBody;
  const found = wrapped.get(token);
  wrapped.delete(token);
  if (found === undefined || found.expiresAt <= now())
    return refuse(400, "wrapping token is not valid or does not exist");
  return { data: found.data };
}
