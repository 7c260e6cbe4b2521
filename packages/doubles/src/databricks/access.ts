import { errors } from "jose";
import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import { apiError, authError, credentialNotSent } from "./answers.ts";
import type { Signer } from "./signer.ts";
import type { DatabricksDoubleOptions } from "./types.ts";

/** Who is calling, or the answer that refuses them. */
type Caller = { readonly userName: string } | { readonly refusal: DoubleAnswer };

/** Who may call the API, and what takes that from them. */
export interface Access {
  /** Checks the bearer of an API call. A token with the scope `all-apis` or `scope` is let in. */
  readonly authenticate: (request: DoubleRequest, scope: string) => Promise<Caller>;
  /** The refusal of a user that may log in but may not mint. */
  readonly refuseMint: (userName: string) => DoubleAnswer | undefined;
  /** Does the principal exist, with this secret? */
  readonly isClient: (clientId: string, secret: string) => boolean;
  readonly revokePat: (pat: string) => void;
  readonly deleteSecret: (clientId: string) => void;
}

/** Knows the workspace's identities, and checks the bearer of every API call. */
export function createAccess(
  options: DatabricksDoubleOptions & { readonly workspaceId: string },
  signer: Signer,
): Access {
  const pats = new Map(Object.entries(options.pats ?? {}));
  const secrets = new Map((options.servicePrincipals ?? []).map(({ clientId, secret }) => [clientId, secret]));
  const denied = new Set(options.denied);

  async function callerOf(bearer: string, scope: string): Promise<Caller> {
    if (!bearer.startsWith("ey")) return userOf(pats.get(bearer));
    try {
      const token = await signer.verifyAccessToken(bearer);
      if ([scope, "all-apis"].some((wanted) => token.scope.split(" ").includes(wanted))) return { userName: token.sub };
      return { refusal: authError(403, `Provided OAuth token does not have required scopes: ${scope}`) };
    } catch (error) {
      return {
        refusal: authError(403, error instanceof errors.JWTExpired ? "JWT has expired" : "Invalid access token."),
      };
    }
  }

  return {
    async authenticate(request, scope) {
      const bearer = /^Bearer (\S+)$/.exec(request.headers["authorization"] ?? "")?.[1];
      const named = request.headers["x-databricks-workspace-id"] === options.workspaceId;
      if (bearer === undefined || (options.unified && !named)) return { refusal: credentialNotSent };
      return callerOf(bearer, scope);
    },
    refuseMint: (userName) =>
      denied.has(userName)
        ? apiError(403, "PERMISSION_DENIED", `${userName} does not have CAN_USE permission on the project.`)
        : undefined,
    isClient: (clientId, secret) => secrets.has(clientId) && secrets.get(clientId) === secret,
    revokePat: (pat) => void pats.delete(pat),
    deleteSecret: (clientId) => void secrets.delete(clientId),
  };
}

function userOf(userName: string | undefined): Caller {
  return userName === undefined ? { refusal: authError(403, "Invalid access token.") } : { userName };
}
