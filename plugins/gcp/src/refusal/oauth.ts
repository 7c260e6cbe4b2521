import {
  byOutage,
  bySilence,
  httpRefusal,
  meanings,
  type HttpAnswer,
  type Refusals,
  type RotateError,
} from "@rotate/plugin-kit";
import { oneLine } from "@rotate/plugin-kit/tokens";
import { advice, strangerPage } from "./answers.ts";

const errorBody = {
  type: "object",
  properties: {
    error: { type: "string" },
    error_description: { type: ["string", "null"] },
    error_subtype: { type: ["string", "null"] },
  },
  required: ["error"],
} as const;

const { denied, invalid, missing, person, unsure, wait } = meanings;

/** What Google's token endpoints say, first match counts (developers.google.com/identity/protocols/oauth2, cloud.google.com/iam/docs/reference/sts). */
export const oauthRefusals: Refusals = [
  ...byOutage(advice),
  { said: /short-lived token|reasonable timeframe|issued in the future|used too early/i, ...denied, clock: true },
  {
    said: /invalid jwt signature/i,
    ...denied,
    hint: "the key was deleted or disabled, or belongs to another account: make a new key for this one",
  },
  {
    said: /invalid_rapt|invalid_grant.*reauth/i,
    ...person,
    hint: "Google wants the person again: gcloud auth application-default login",
  },
  {
    said: /expired or revoked/i,
    ...person,
    hint: "the refresh token is dead: log in again, gcloud auth application-default login",
  },
  { said: /account (not found|deleted|disabled)/i, ...denied, hint: "the account was deleted or disabled" },
  {
    said: /audience .*(does not match|is not|not allowed)/i,
    ...denied,
    hint: "make the identity token for the audience that the pool provider allows",
  },
  { said: /is stale|(jwt|token) (is|has) expired|expired (jwt|token)/i, ...denied, clock: true },
  {
    said: /attribute condition/i,
    ...denied,
    hint: "the pool provider's attribute condition refuses this identity: compare it with the token's claims",
  },
  {
    said: /^unauthorized_client/,
    ...denied,
    hint: "the account may not do this: for `subject`, allow it these scopes in the Workspace admin console; for a pool, check the attribute condition",
  },
  {
    said: /^(invalid_client|deleted_client|disabled_client)/,
    ...denied,
    hint: "the OAuth client is gone or its secret is wrong: log in again, gcloud auth application-default login",
  },
  {
    said: /^invalid_target/,
    ...missing,
    hint: "the pool or its provider does not exist, is disabled or was deleted: check source.audience",
  },
  {
    said: /^invalid_request.*audience/i,
    ...invalid,
    hint: "source.audience is //iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER",
  },
  { said: /^invalid_scope/, ...invalid, hint: "check the scopes (or the audience) of the request" },
  {
    said: /^invalid_grant/,
    ...denied,
    hint: "what was shown for the token is not taken: compare its issuer, audience and expiry with what is set up at Google",
  },
  {
    said: /^(access_denied|admin_policy_enforced|org_internal|policy_enforced)/,
    ...denied,
    hint: "a policy of the organisation forbids it",
  },
  { said: /^temporarily_unavailable/, ...wait, hint: advice.down },
  { said: /^(internal_failure|server_error|backend_error)/, ...unsure, hint: advice.down },
  { said: /./, ...invalid, hint: "see Google's documentation for this error" },
  ...bySilence(advice.silent),
];

/** An error of a token endpoint or of STS, whatever the status; undefined when the answer is none. `now` in ms since 1970. */
export function oauthRefusal(answer: HttpAnswer, what: string, now: number): RotateError | undefined {
  const page = strangerPage(answer, what);
  if (page !== undefined) return page;
  const body = answer.tryJson(errorBody);
  if (body === undefined && answer.ok) return undefined;
  const said = body === undefined ? "" : saidIn(body);
  return httpRefusal(oauthRefusals, answer, { message: said === "" ? what : `${what}: ${said}`, said, now });
}

interface ErrorBody {
  readonly error: string;
  readonly error_subtype?: string | null;
  readonly error_description?: string | null;
}

function saidIn({ error, error_subtype: subtype, error_description: description }: ErrorBody): string {
  const code = `${error}${subtype ? `/${subtype}` : ""}`;
  return description ? `${code}: ${oneLine(description)}` : code;
}
