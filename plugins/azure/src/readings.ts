import type { ErrorDetails } from "@rotate/plugin-kit";

/** How a refusal is to be taken. */
export type Reading = Pick<ErrorDetails, "code" | "retryable" | "hint"> & {
  /** The reader's clock is to blame: the hint says by how much. */
  readonly clock?: true;
};

const denied = { code: "DENIED", retryable: false } as const;
const notFound = { code: "NOT_FOUND", retryable: false } as const;
const invalid = { code: "INVALID", retryable: false } as const;
const down = {
  code: "UNAVAILABLE",
  retryable: true,
  hint: "Entra has a passing fault: see status.azure.com, if it lasts",
} as const;

const federation =
  "add a federated credential to the app whose issuer, subject and audience are exactly the identity token's; a new one takes some minutes";

/** By AADSTS number (learn.microsoft.com/entra/identity-platform/reference-error-codes). */
export const byNumber: Readonly<Record<number, Reading>> = {
  50002: { ...denied, hint: "the tenant restricts proxies or addresses: ask its administrator" },
  50013: { ...denied, hint: "the identity token is not taken: is it fresh, and of the issuer that the app trusts?" },
  50027: { ...denied, hint: "the assertion is malformed: is what auth leads to a JWT?" },
  50034: { ...notFound, hint: "the account is not in this tenant: check tenantId" },
  50053: { ...denied, hint: "the account is locked or its address blocked: wait, or ask an administrator" },
  50196: {
    code: "RATE_LIMITED",
    retryable: true,
    hint: "Entra saw too many alike requests: fewer rotations at one moment",
  },
  53003: { ...denied, hint: "a conditional access policy blocks it: allow the workload identity" },
  65001: { ...denied, hint: "an administrator has to consent to what the app asks for" },
  70011: { ...invalid, hint: "request.scope is the service's URI followed by /.default" },
  70021: { ...denied, hint: federation },
  90002: { ...notFound, hint: "the tenant does not exist: check tenantId, and authority for a national cloud" },
  90013: { ...invalid, hint: "check request.scope and auth" },
  90033: down,
  500011: {
    ...notFound,
    hint: "the service of request.scope has no principal in this tenant: check its URI, or have it added",
  },
  700016: { ...notFound, hint: "the app is not in this tenant: check auth.clientId and tenantId" },
  700024: { ...denied, clock: true },
  700027: { ...denied, hint: "the app does not know this certificate: upload it to the app registration" },
  700030: { ...denied, hint: "the app does not know this certificate: upload it to the app registration" },
  700082: { ...denied, hint: "what was shown has expired: fetch it anew" },
  700211: { ...denied, hint: federation },
  700212: { ...denied, hint: federation },
  700213: { ...denied, hint: federation },
  700223: { ...denied, hint: federation },
  900023: { ...invalid, hint: "tenantId is neither an id nor a domain of a tenant" },
  1002012: { ...invalid, hint: "request.scope is the service's URI followed by /.default" },
  7000112: { ...denied, hint: "the app is disabled: ask the administrator of the tenant" },
  7000215: { ...denied, hint: "give the secret's value, not its id; it may belong to another app" },
  7000222: { ...denied, hint: "the client secret has expired: make a new one in the app registration" },
  7000229: { ...notFound, hint: "the app has no service principal in this tenant: make one (az ad sp create)" },
};

/** By OAuth error, for numbers that are not listed. */
export const byError: Readonly<Record<string, Reading>> = {
  invalid_client: { ...denied, hint: "check auth: secret, certificate or identity token is not taken" },
  unauthorized_client: { ...denied, hint: "the app may not do this in this tenant: check clientId and tenantId" },
  invalid_grant: { ...denied, hint: "what was shown for the token is not taken" },
  invalid_scope: { ...invalid, hint: "request.scope is the service's URI followed by /.default" },
  invalid_resource: { ...notFound, hint: "the service of request.scope is not known in this tenant" },
  invalid_request: { ...invalid, hint: "check tenantId, auth and request.scope" },
  access_denied: { ...denied, hint: "a policy of the tenant forbids it" },
  temporarily_unavailable: down,
  server_error: down,
};

/** What is left unsaid. */
export function byStatus(status: number): Partial<Reading> {
  if (status === 408 || status >= 500) return down;
  if (status === 429) {
    return { code: "RATE_LIMITED", retryable: true, hint: "Entra limits calls: fewer rotations at one moment" };
  }
  return { hint: "is the authority Entra's, and no proxy or login page between?" };
}
