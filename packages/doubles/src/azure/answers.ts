import { randomUUID } from "node:crypto";
import type { DoubleAnswer, DoubleFault } from "../http-double.ts";

/** An error of the token endpoint: the number in text and list, ids and time behind the message. */
export function entraError(error: string, number: number, message: string): DoubleAnswer {
  const [trace_id, correlation_id] = [randomUUID(), randomUUID()];
  const description = `AADSTS${number}: ${message} Trace ID: ${trace_id} Correlation ID: ${correlation_id} Timestamp: 2026-01-01 00:00:00Z`;
  const body = { error, error_description: description, error_codes: [number], trace_id, correlation_id };
  return { status: error === "invalid_client" ? 401 : 400, body };
}

const noFederation = "No matching federated identity record found for presented assertion";

/** The error rows of Entra as one-shot faults, ready for `faults.next`. */
export const azureFaults = {
  wrongSecret: entraError(
    "invalid_client",
    7000215,
    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value.",
  ),
  expiredSecret: entraError("invalid_client", 7000222, "The provided client secret keys for app are expired."),
  unknownApp: entraError(
    "unauthorized_client",
    700016,
    "Application with identifier 'x' was not found in the directory 'y'.",
  ),
  disabledApp: entraError("unauthorized_client", 7000112, "Application is disabled."),
  unknownTenant: entraError(
    "invalid_request",
    90002,
    "Tenant 'x' not found. Check to make sure you have the correct tenant ID.",
  ),
  malformedTenant: entraError(
    "invalid_request",
    900023,
    "Specified tenant identifier 'x' is neither a valid DNS name, nor a valid external domain.",
  ),
  badScope: entraError("invalid_scope", 1002012, "The provided value for scope x is not valid."),
  unknownResource: entraError(
    "invalid_resource",
    500011,
    "The resource principal named x was not found in the tenant.",
  ),
  clock: entraError(
    "invalid_client",
    700024,
    "Client assertion is not within its valid time range. Current time: now.",
  ),
  unknownCertificate: entraError(
    "invalid_client",
    700027,
    "The certificate with identifier used to sign the client assertion is not registered on application.",
  ),
  wrongSubject: entraError("invalid_client", 700213, `${noFederation} subject 'x'.`),
  wrongIssuer: entraError("invalid_client", 700211, `${noFederation} issuer 'x'.`),
  wrongAudience: entraError("invalid_client", 700212, `${noFederation} audience 'x'.`),
  blocked: entraError("access_denied", 53003, "Access has been blocked by Conditional Access policies."),
  transient: entraError("temporarily_unavailable", 90033, "A transient error has occurred. Please try again."),
  newNumber: entraError("invalid_grant", 999999, "Something new."),
  limited: { status: 429, body: { error: "too_many_requests" }, headers: { "retry-after": "7" } },
  down: { status: 503, body: "" },
  identityMissing: { status: 400, body: { error: "invalid_request", error_description: "Identity not found" } },
  identityStarting: { status: 404, body: "" },
  identityUpdating: { status: 410, body: "" },
} as const satisfies Readonly<Record<string, DoubleFault>>;
