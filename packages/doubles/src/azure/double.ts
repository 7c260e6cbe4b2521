import { randomUUID } from "node:crypto";
import { startHttpDouble, type DoubleAnswer, type DoubleRequest } from "../http-double.ts";
import { azureFaults } from "./answers.ts";
import { instanceDiscovery, openidConfiguration, type Authority } from "./discovery.ts";
import { identityRoutes, type IdentityRoutes } from "./identity-routes.ts";
import { createSigner } from "./tokens.ts";
import { token, type EntraParts } from "./token-routes.ts";
import type { AzureDouble, AzureDoubleOptions } from "./types.ts";
import { isVaultPath, vaultRoute, vaultService } from "./vault-routes.ts";
import { createVaultStore } from "./vault-store.ts";

const services = ["https://ossrdbms-aad.database.windows.net", "https://database.windows.net", vaultService];

/**
 * Microsoft Entra ID on loopback, with the services that hand out tokens of managed identities. Secrets end, assertions are really verified,
 * tokens are signed and really expire.
 */
export async function createAzureDouble(options: AzureDoubleOptions = {}): Promise<AzureDouble> {
  const now = options.now ?? Date.now;
  const tenantId = options.tenantId ?? "11111111-1111-4111-8111-111111111111";
  const disabled = new Set<string>();
  const signer = await createSigner(tenantId, now);
  const parts = { options, tenantId, now, signer, resources: options.resources ?? services, disabled };
  const header = randomUUID();
  const identity = identityRoutes(parts, header);
  const lacking = new Set<string>();
  const store = createVaultStore(now);
  const vault = { signer, tenantId, store, lacking };
  const handle = (request: DoubleRequest) =>
    isVaultPath(request.path)
      ? vaultRoute(request, vault, listener.url)
      : route(request, { parts, identity }, listener.url);
  const listener = await startHttpDouble({ now, tls: options.tls, handle });
  const { url, requests, faults, close } = listener;
  return {
    url,
    tenantId,
    requests,
    faults,
    close,
    machineEnv: { AZURE_POD_IDENTITY_AUTHORITY_HOST: url },
    appServiceEnv: { IDENTITY_ENDPOINT: `${url}/msi/token`, IDENTITY_HEADER: header },
    verify: signer.verify,
    disable: (clientId) => void disabled.add(clientId),
    vaultSecret: store.get,
    setVaultSecret(name, change) {
      store.set(name, { versions: [], ...store.get(name), ...change });
    },
    addVaultVersion: store.add,
    setVaultRight(right, granted) {
      if (granted) lacking.delete(right);
      else lacking.add(right);
    },
  };
}

type Route = (request: DoubleRequest, parts: EntraParts, authority: Authority) => DoubleAnswer | Promise<DoubleAnswer>;

/** What stands behind `/TENANT/`, with or without a slash at its end. */
const ofTenant: Readonly<Record<string, Route>> = {
  "POST oauth2/v2.0/token": (request, parts, { url }) => token(request, parts, `${url}/${parts.tenantId}`),
  "GET v2.0/.well-known/openid-configuration": (_request, _parts, authority) => openidConfiguration(authority),
  "GET discovery/v2.0/keys": (_request, { signer }) => ({ status: 200, body: { keys: [signer.jwk] } }),
};

async function route(
  request: DoubleRequest,
  { parts, identity }: { readonly parts: EntraParts; readonly identity: IdentityRoutes },
  url: string,
): Promise<DoubleAnswer> {
  const { method } = request;
  // Microsoft's own library puts a slash behind the paths of the metadata service.
  const path = request.path.replace(/\/$/, "");
  if (`${method} ${path}` === "GET /metadata/identity/oauth2/token") return identity.machine(request);
  if (`${method} ${path}` === "GET /msi/token") return identity.appService(request);
  const authority = { url, tenantId: parts.tenantId };
  if (method === "GET" && path === "/common/discovery/instance") return instanceDiscovery(authority);
  const [, tenant, what] = /^\/([^/]+)\/(.+)$/.exec(path) ?? [];
  const known = what === undefined ? undefined : ofTenant[`${method} ${what}`];
  if (tenant === undefined || known === undefined) return { status: 404, body: "" };
  if (!/^[0-9a-f-]{36}$|\./.test(tenant)) return azureFaults.malformedTenant;
  return tenant === parts.tenantId ? known(request, parts, authority) : azureFaults.unknownTenant;
}
