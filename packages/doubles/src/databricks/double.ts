import { startHttpDouble, type DoubleAnswer, type DoubleRequest } from "../http-double.ts";
import { createAccess } from "./access.ts";
import { noSuchApi } from "./answers.ts";
import { mintCredential, type CredentialParts } from "./credential-routes.ts";
import { instanceLookup, postgresLookup, whoAmI, type LookupParts } from "./lookup-routes.ts";
import { authorizationServer, hostMetadata, issueToken, type OidcParts } from "./oidc-routes.ts";
import { createSigner } from "./signer.ts";
import type { DatabricksDouble, DatabricksDoubleOptions, Mint } from "./types.ts";

/**
 * A Databricks workspace's control plane on loopback: login, database credentials, look-ups, and every error of the service.
 * It issues real signed JWTs, and refuses what the service refuses. The protocol is that of databricks-sdk-go (service/postgres,
 * service/database, config) and the API reference of docs.databricks.com.
 */
export async function createDatabricksDouble(options: DatabricksDoubleOptions = {}): Promise<DatabricksDouble> {
  const now = options.now ?? Date.now;
  const settings = { ...options, workspaceId: options.workspaceId ?? "1234567890123456" };
  const mints: Mint[] = [];
  const signer = await createSigner({
    now,
    algorithm: options.algorithm ?? "ES256",
    issuer: () => listener.url,
    earlyExpiry: options.earlyExpiry ?? 0,
  });
  const access = createAccess(settings, signer);
  const lookup: LookupParts = {
    access,
    endpoints: options.endpoints ?? ["projects/app/branches/production/endpoints/primary"],
    instances: options.instances ?? ["app"],
    databaseHost: options.databaseHost ?? "127.0.0.1",
  };
  const { minTtl = 300_000, maxTtl = 3_600_000, fractionalDigits = 0 } = options;
  const limits = { now, minTtl, maxTtl, endpoints: lookup.endpoints, instances: lookup.instances };
  const credentials = { access, signer, limits, fractionalDigits, record: (mint: Mint) => void mints.push(mint) };
  const oidc: OidcParts = { options: settings, now, url: () => listener.url, access, signer };
  const jwks = () => ({ status: 200, body: signer.jwks() });
  const handle = (request: DoubleRequest) => route(request, { oidc, credentials, lookup, jwks });
  const listener = await startHttpDouble({ now, tls: options.tls, handle });

  return {
    url: listener.url,
    tokens: { verify: signer.verifyDatabaseToken, jwks: signer.jwks },
    mints,
    requests: listener.requests,
    faults: listener.faults,
    revokePat: access.revokePat,
    deleteSecret: access.deleteSecret,
    close: listener.close,
  };
}

interface Parts {
  readonly oidc: OidcParts;
  readonly credentials: CredentialParts;
  readonly lookup: LookupParts;
  readonly jwks: () => DoubleAnswer;
}

function route(
  request: DoubleRequest,
  { oidc, credentials, lookup, jwks }: Parts,
): DoubleAnswer | Promise<DoubleAnswer> {
  const { method, path } = request;
  switch (`${method} ${path}`) {
    case "GET /.well-known/databricks-config":
      return hostMetadata(oidc);
    case "GET /oidc/.well-known/oauth-authorization-server":
      return authorizationServer(oidc);
    case "GET /oidc/jwks.json":
      return jwks();
    case "POST /oidc/v1/token":
      return issueToken(request, oidc);
    case "POST /api/2.0/postgres/credentials":
      return mintCredential(request, "autoscaling", credentials);
    case "POST /api/2.0/database/credentials":
      return mintCredential(request, "provisioned", credentials);
    case "GET /api/2.0/preview/scim/v2/Me":
      return whoAmI(request, lookup);
    default:
  }
  if (method === "GET" && path.startsWith("/api/2.0/postgres/projects/")) return postgresLookup(request, lookup);
  if (method === "GET" && path.startsWith("/api/2.0/database/instances/")) return instanceLookup(request, lookup);
  return noSuchApi(method, path);
}
