import { byOutage, bySilence, meanings, type Refusals } from "@rotate/plugin-kit";

const { denied, invalid, limited, missing, unsure, wait } = meanings;

const passing = "Entra has a passing fault: see status.azure.com, if it lasts";
const outage = { down: passing, limited: "Entra limits calls: fewer rotations at one moment" } as const;

const federation =
  "add a federated credential to the app whose issuer, subject and audience are exactly the identity token's; a new one takes some minutes";

/**
 * What the token endpoint refuses, as `AADSTSn … error: description`: by number (learn.microsoft.com/entra/identity-platform/reference-error-codes),
 * then by OAuth error.
 */
export const refusals: Refusals = [
  ...byOutage(outage),
  { ...denied, said: /\bAADSTS50002\b/, hint: "the tenant restricts proxies or addresses: ask its administrator" },
  {
    ...denied,
    said: /\bAADSTS50013\b/,
    hint: "the identity token is not taken: is it fresh, and of the issuer that the app trusts?",
  },
  { ...denied, said: /\bAADSTS50027\b/, hint: "the assertion is malformed: is what auth leads to a JWT?" },
  { ...missing, said: /\bAADSTS50034\b/, hint: "the account is not in this tenant: check tenantId" },
  {
    ...denied,
    said: /\bAADSTS50053\b/,
    hint: "the account is locked or its address blocked: wait, or ask an administrator",
  },
  { ...limited, said: /\bAADSTS50196\b/, hint: "Entra saw too many alike requests: fewer rotations at one moment" },
  { ...denied, said: /\bAADSTS53003\b/, hint: "a conditional access policy blocks it: allow the workload identity" },
  { ...denied, said: /\bAADSTS65001\b/, hint: "an administrator has to consent to what the app asks for" },
  { ...invalid, said: /\bAADSTS70011\b/, hint: "request.scope is the service's URI followed by /.default" },
  { ...denied, said: /\bAADSTS70021\b/, hint: federation },
  {
    ...missing,
    said: /\bAADSTS90002\b/,
    hint: "the tenant does not exist: check tenantId, and authority for a national cloud",
  },
  { ...invalid, said: /\bAADSTS90013\b/, hint: "check request.scope and auth" },
  { ...wait, said: /\bAADSTS90033\b/, hint: passing },
  {
    ...missing,
    said: /\bAADSTS500011\b/,
    hint: "the service of request.scope has no principal in this tenant: check its URI, or have it added",
  },
  { ...missing, said: /\bAADSTS700016\b/, hint: "the app is not in this tenant: check auth.clientId and tenantId" },
  { ...denied, said: /\bAADSTS700024\b/, clock: true },
  {
    ...denied,
    said: /\bAADSTS700027\b/,
    hint: "the app does not know this certificate: upload it to the app registration",
  },
  {
    ...denied,
    said: /\bAADSTS700030\b/,
    hint: "the app does not know this certificate: upload it to the app registration",
  },
  { ...denied, said: /\bAADSTS700082\b/, hint: "what was shown has expired: fetch it anew" },
  { ...denied, said: /\bAADSTS700211\b/, hint: federation },
  { ...denied, said: /\bAADSTS700212\b/, hint: federation },
  { ...denied, said: /\bAADSTS700213\b/, hint: federation },
  { ...denied, said: /\bAADSTS700223\b/, hint: federation },
  { ...invalid, said: /\bAADSTS900023\b/, hint: "tenantId is neither an id nor a domain of a tenant" },
  { ...invalid, said: /\bAADSTS1002012\b/, hint: "request.scope is the service's URI followed by /.default" },
  { ...denied, said: /\bAADSTS7000112\b/, hint: "the app is disabled: ask the administrator of the tenant" },
  { ...denied, said: /\bAADSTS7000215\b/, hint: "give the secret's value, not its id; it may belong to another app" },
  {
    ...denied,
    said: /\bAADSTS7000222\b/,
    hint: "the client secret has expired: make a new one in the app registration",
  },
  {
    ...missing,
    said: /\bAADSTS7000229\b/,
    hint: "the app has no service principal in this tenant: make one (az ad sp create)",
  },
  {
    ...denied,
    said: /(^| )invalid_client(:|$)/,
    hint: "check auth: secret, certificate or identity token is not taken",
  },
  {
    ...denied,
    said: /(^| )unauthorized_client(:|$)/,
    hint: "the app may not do this in this tenant: check clientId and tenantId",
  },
  { ...denied, said: /(^| )invalid_grant(:|$)/, hint: "what was shown for the token is not taken" },
  { ...invalid, said: /(^| )invalid_scope(:|$)/, hint: "request.scope is the service's URI followed by /.default" },
  { ...missing, said: /(^| )invalid_resource(:|$)/, hint: "the service of request.scope is not known in this tenant" },
  { ...invalid, said: /(^| )invalid_request(:|$)/, hint: "check tenantId, auth and request.scope" },
  { ...denied, said: /(^| )access_denied(:|$)/, hint: "a policy of the tenant forbids it" },
  { ...wait, said: /(^| )temporarily_unavailable(:|$)/, hint: passing },
  { ...unsure, said: /(^| )server_error(:|$)/, hint: passing },
  { ...invalid, said: /./, hint: "look the AADSTS number up at login.microsoftonline.com/error" },
  ...bySilence("is the authority Entra's, and no proxy or login page between?"),
];

/** What the instance metadata service and App Service refuse. 404 and 410 pass: the service is starting, or being updated (how-to-use-vm-token, "Retry guidance"). */
export const identityRefusals: Refusals = [
  {
    ...missing,
    said: /identity not found|no (user assigned|managed) identity/i,
    hint: "give the machine or app that identity (az vm identity assign), or correct auth",
  },
  { ...wait, status: 404, hint: "the service is starting or being updated; it may work a little later" },
  { ...wait, status: 410, hint: "the service is starting or being updated; it may work a little later" },
  { ...denied, status: [401, 403], hint: "IDENTITY_HEADER is not taken: restart the app" },
  ...byOutage(outage),
  { ...invalid, hint: "check request.scope and the ids in auth" },
];
