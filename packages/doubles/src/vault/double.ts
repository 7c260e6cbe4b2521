import { randomBytes } from "node:crypto";
import { startHttpDouble, type DoubleAnswer, type DoubleRequest } from "../http-double.ts";
import { capabilitiesOn, defaultPolicy, type Capability, type Policy } from "./acl.ts";
import { dataOf, operationOf, pathIn, tokenOf } from "./address.ts";
import { createLogin, type LoginRoute } from "./auth/index.ts";
import type { Call, RouteReply, Services } from "./call.ts";
import { createEngine, type MountedEngine } from "./engines/index.ts";
import { failure, permissionDenied, refusedToken, Refusal, refuse, success } from "./envelope.ts";
import { createLeaseStore } from "./leases.ts";
import { health, nodeAnswer } from "./node.ts";
import { systemRoute, unwrap } from "./system-routes.ts";
import { tokenRoute } from "./token-routes.ts";
import type { TokenRecord } from "./token-types.ts";
import { authOf, createTokenStore, secondsLeft } from "./tokens.ts";
import type { NodeState, VaultDouble, VaultDoubleOptions, VaultIssue } from "./types.ts";

interface Parts {
  readonly services: Services;
  readonly logins: ReadonlyMap<string, LoginRoute>;
  readonly engines: ReadonlyMap<string, MountedEngine>;
  readonly issued: VaultIssue[];
}

/**
 * A Vault or OpenBao server on loopback: logins, tokens with their children, leases, policies, and the engines named in the options.
 * It expires what the server expires and refuses what it refuses, in its words. Read from openbao/openbao at df6ce2c (sdk/framework,
 * sdk/logical, internal/vault, internal/builtin) and the API documentation of both.
 */
export async function createVaultDouble(options: VaultDoubleOptions = {}): Promise<VaultDouble> {
  const now = options.now ?? Date.now;
  const services = createServices(options, now);
  const parts: Parts = {
    services,
    logins: new Map(
      Object.entries(options.auth ?? {}).map(([mount, method]) => [mount, createLogin(method, services)]),
    ),
    engines: new Map(
      Object.entries(options.engines ?? {}).map(([mount, engine]) => [mount, createEngine(engine, services)]),
    ),
    issued: [],
  };
  let node: { readonly state: NodeState; readonly active?: string | undefined } = { state: "active" };

  async function handle(request: DoubleRequest): Promise<DoubleAnswer> {
    if (request.path === "/v1/sys/health") return health(node.state, request, now());
    return nodeAnswer(node.state, node.active, request) ?? answer(request, parts);
  }
  const server = await startHttpDouble({ now, tls: options.tls, handle });
  return {
    ...server,
    issued: parts.issued,
    databaseUsers: () => [...parts.engines.values()].flatMap((engine) => engine.users()),
    tokens: services.tokens.all,
    leases: services.leases.all,
    sweep: () => sweep(services),
    revokeToken: services.endToken,
    wrap: (data, ttl) => {
      const token = `hvs.${randomBytes(24).toString("base64url")}`;
      services.wrapped.set(token, { data, expiresAt: now() + ttl });
      return token;
    },
    setNode: (state, active) => {
      node = { state, active };
    },
    setDatabase: (state) => {
      services.database.state = state;
    },
  };
}

function createServices(options: VaultDoubleOptions, now: () => number): Services {
  const tokens = createTokenStore(now, options.tokens ?? []);
  const leases = createLeaseStore(now, options.namespace === undefined ? "" : ".n5x1c");
  async function endToken(id: string): Promise<void> {
    tokens.remove(id);
    await leases.revokeOf(id);
  }
  return { options, now, startedAt: now(), tokens, leases, wrapped: new Map(), endToken, database: { state: "up" } };
}

/** Tokens first: their leases die with them. What the engine cannot drop now is tried again. */
async function sweep({ tokens, leases, endToken }: Services): Promise<void> {
  for (const id of tokens.ended()) await endToken(id);
  for (const id of leases.ended()) await leases.revoke(id).catch(() => undefined);
}

async function answer(request: DoubleRequest, parts: Parts): Promise<DoubleAnswer> {
  const { services } = parts;
  try {
    await sweep(services);
    if (services.options.requireRequestHeader && request.headers["x-vault-request"] !== "true") {
      return failure(new Refusal(412, ["missing required X-Vault-Request header"]));
    }
    const path = pathIn(services.options.namespace ?? "", request);
    const call = {
      request,
      path,
      operation: operationOf(request),
      data: dataOf(request, services.options.vendor),
      token: undefined,
    };
    return success((await withoutToken(call, parts)) ?? (await withToken(call, parts)));
  } catch (error) {
    if (error instanceof Refusal) return failure(error);
    throw error;
  } finally {
    await sweep(services);
  }
}

/** Logins and unwrapping. */
async function withoutToken(call: Call, { services, logins }: Parts): Promise<RouteReply | undefined> {
  if (call.path === "sys/wrapping/unwrap") return unwrap(call, services);
  const mount = /^auth\/(.+?)\/login(?:\/[^/]+)?$/.exec(call.path)?.[1];
  if (mount === undefined) return undefined;
  const login = logins.get(mount) ?? refuse(403, refusedToken(undefined, services.options.vendor));
  if (call.operation !== "update") refuse(405, "1 error occurred:\n\t* unsupported operation\n\n");
  const token = services.tokens.create({ path: call.path, ...(await login(call)) });
  return { auth: authOf(token) };
}

async function withToken(call: Call, parts: Parts): Promise<RouteReply> {
  const { services } = parts;
  const given = tokenOf(call.request);
  const token = services.tokens.find(given) ?? refuse(403, refusedToken(given, services.options.vendor));
  services.tokens.use(token);
  const policies = token.policies.map((name) =>
    name === "default" ? defaultPolicy : (services.options.policies?.[name] ?? {}),
  );
  checkAccess(call, token, policies);
  const known = { ...call, token };
  const outcome =
    (await tokenRoute(known, services)) ??
    (await systemRoute(known, services, policies)) ??
    (await engineRoute(known, parts));
  return outcome ?? refuse(404, `no handler for route "${call.path}". route entry not found.`);
}

function checkAccess(call: Call, token: TokenRecord, policies: readonly Policy[]): void {
  if (token.root) return;
  const granted = capabilitiesOn(call.path, policies);
  const wanted: readonly Capability[] = call.operation === "update" ? ["update", "create"] : [call.operation];
  if (!wanted.some((capability) => granted.includes(capability))) refuse(403, permissionDenied);
}

async function engineRoute(
  call: Call & { readonly token: TokenRecord },
  { services, engines, issued }: Parts,
): Promise<RouteReply | undefined> {
  const mount = [...engines.keys()]
    .filter((name) => call.path.startsWith(`${name}/`))
    .toSorted((a, b) => b.length - a.length)[0];
  if (mount === undefined) return undefined;
  const outcome = await engines.get(mount)?.handle(call, call.path.slice(mount.length + 1));
  if (outcome === undefined) return refuse(404, "1 error occurred:\n\t* unsupported path\n\n");
  const lease = outcome.secret && services.leases.create({ ...leaseOwner(call), settings: outcome.secret });
  if (outcome.data) issued.push({ path: call.path, at: services.now(), leaseId: lease?.id ?? "", data: outcome.data });
  if (lease === undefined) return outcome;
  const seconds = secondsLeft(lease.expiresAt, lease.issuedAt);
  return {
    ...outcome,
    lease: { id: lease.id, seconds, renewable: lease.settings.renewable && call.token.type === "service" },
  };
}

function leaseOwner({ path, token }: Call & { readonly token: TokenRecord }) {
  return { path, token: token.id, end: token.type === "batch" ? (token.expiresAt ?? undefined) : undefined };
}
