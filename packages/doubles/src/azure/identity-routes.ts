import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import { azureFaults } from "./answers.ts";
import type { EntraParts } from "./token-routes.ts";
import type { ManagedIdentity } from "./types.ts";

/** A managed identity's token lives a day, and is kept by the service until half of that is over. */
const life = 86_400_000;

interface Kept {
  readonly token: string;
  readonly issuedAt: number;
}

/** The two services that give a machine the token of its managed identity. */
export interface IdentityRoutes {
  /** `GET /metadata/identity/oauth2/token` of a virtual machine. */
  readonly machine: (request: DoubleRequest) => Promise<DoubleAnswer>;
  /** `GET /msi/token` of an App Service, whose address is in IDENTITY_ENDPOINT. */
  readonly appService: (request: DoubleRequest) => Promise<DoubleAnswer>;
}

/** Both services that hand out tokens of managed identities. `header` is what an app must show. */
export function identityRoutes(parts: EntraParts, header: string): IdentityRoutes {
  const kept = new Map<string, Kept>();

  async function keptToken(appid: string, aud: string): Promise<Kept> {
    const old = kept.get(`${appid} ${aud}`);
    if (old !== undefined && parts.now() - old.issuedAt < life / 2) return old;
    const fresh = { token: await parts.signer.sign({ appid, aud, life }), issuedAt: parts.now() };
    kept.set(`${appid} ${aud}`, fresh);
    return fresh;
  }
  async function answer({ query }: DoubleRequest, resourceWord: string): Promise<DoubleAnswer> {
    const resource = query.get("resource") ?? "";
    if (!parts.resources.includes(resource)) {
      return {
        status: 400,
        body: {
          error: "invalid_resource",
          error_description: `AADSTS500011: The resource principal named ${resource} was not found in the tenant.`,
        },
      };
    }
    const identity = named(query, parts.options.identities ?? [], resourceWord);
    if (identity === undefined || parts.disabled.has(identity.clientId)) return azureFaults.identityMissing;
    const { token: access_token, issuedAt } = await keptToken(identity.clientId, resource);
    const end = Math.floor((issuedAt + life) / 1000);
    const times = { expires_on: String(end), expires_in: String(end - Math.floor(parts.now() / 1000)) };
    return {
      status: 200,
      body: { access_token, ...times, resource, token_type: "Bearer", client_id: identity.clientId },
    };
  }
  return {
    async machine(request) {
      if (request.headers["metadata"] !== "true" || request.headers["x-forwarded-for"] !== undefined) {
        return {
          status: 400,
          body: { error: "invalid_request", error_description: "Required metadata header not specified" },
        };
      }
      if (request.query.get("api-version") !== "2018-02-01") return badVersion;
      return answer(request, "msi_res_id");
    },
    async appService(request) {
      if (request.headers["x-identity-header"] !== header) return { status: 401, body: "" };
      return request.query.get("api-version") === "2019-08-01" ? answer(request, "mi_res_id") : badVersion;
    },
  };
}

const badVersion = {
  status: 400,
  body: { error: "invalid_request", error_description: "The api-version is not supported" },
};

function named(
  query: URLSearchParams,
  identities: readonly ManagedIdentity[],
  resourceWord: string,
): ManagedIdentity | undefined {
  const [client, object, resource] = ["client_id", "object_id", resourceWord].map((word) => query.get(word));
  if (client) return identities.find(({ clientId }) => clientId === client);
  if (object) return identities.find(({ objectId }) => objectId === object);
  if (resource) return identities.find(({ resourceId }) => resourceId === resource);
  return identities[0];
}
