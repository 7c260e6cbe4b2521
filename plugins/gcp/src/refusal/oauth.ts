import { httpError, type HttpAnswer, type RotateError } from "@rotate/plugin-kit";
import { clockHint, oneLine } from "@rotate/plugin-kit/tokens";
import { denied, down, invalid, notFound, readStatus, strangerPage, type Reading } from "./answers.ts";

const errorBody = {
  type: "object",
  properties: {
    error: { type: "string" },
    error_description: { type: ["string", "null"] },
    error_subtype: { type: ["string", "null"] },
  },
  required: ["error"],
} as const;

interface Row extends Reading {
  /** Holds against `error/subtype: description`. */
  readonly pattern: RegExp;
  /** The reader's clock is to blame: the hint says by how much. */
  readonly clock?: true;
}

/** What Google's token endpoints say, first match counts (developers.google.com/identity/protocols/oauth2, cloud.google.com/iam/docs/reference/sts). */
const rows: readonly Row[] = [
  { pattern: /short-lived token|reasonable timeframe|issued in the future|used too early/i, ...denied, clock: true },
  {
    pattern: /invalid jwt signature/i,
    ...denied,
    hint: "the key was deleted or disabled, or belongs to another account: make a new key for this one",
  },
  {
    pattern: /invalid_rapt|invalid_grant.*reauth/i,
    ...denied,
    hint: "Google wants the person again: gcloud auth application-default login",
  },
  {
    pattern: /expired or revoked/i,
    ...denied,
    hint: "the refresh token is dead: log in again, gcloud auth application-default login",
  },
  { pattern: /account (not found|deleted|disabled)/i, ...denied, hint: "the account was deleted or disabled" },
  {
    pattern: /audience .*(does not match|is not|not allowed)/i,
    ...denied,
    hint: "make the identity token for the audience that the pool provider allows",
  },
  { pattern: /is stale|(jwt|token) (is|has) expired|expired (jwt|token)/i, ...denied, clock: true },
  {
    pattern: /attribute condition/i,
    ...denied,
    hint: "the pool provider's attribute condition refuses this identity: compare it with the token's claims",
  },
  {
    pattern: /^unauthorized_client/,
    ...denied,
    hint: "the account may not do this: for `subject`, allow it these scopes in the Workspace admin console; for a pool, check the attribute condition",
  },
  {
    pattern: /^(invalid_client|deleted_client|disabled_client)/,
    ...denied,
    hint: "the OAuth client is gone or its secret is wrong: log in again, gcloud auth application-default login",
  },
  {
    pattern: /^invalid_target/,
    ...notFound,
    hint: "the pool or its provider does not exist, is disabled or was deleted: check source.audience",
  },
  {
    pattern: /^invalid_request.*audience/i,
    ...invalid,
    hint: "source.audience is //iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER",
  },
  { pattern: /^invalid_scope/, ...invalid, hint: "check the scopes (or the audience) of the request" },
  {
    pattern: /^invalid_grant/,
    ...denied,
    hint: "what was shown for the token is not taken: compare its issuer, audience and expiry with what is set up at Google",
  },
  {
    pattern: /^(access_denied|admin_policy_enforced|org_internal|policy_enforced)/,
    ...denied,
    hint: "a policy of the organisation forbids it",
  },
  { pattern: /^(internal_failure|server_error|temporarily_unavailable|backend_error)/, ...down },
];

/** An error of a token endpoint or of STS, whatever the status; undefined when the answer is none. `now` in ms since 1970. */
export function oauthRefusal(answer: HttpAnswer, what: string, now: number): RotateError | undefined {
  const page = strangerPage(answer, what);
  if (page !== undefined) return page;
  const body = answer.tryJson(errorBody);
  if (body === undefined) return answer.ok ? undefined : httpError(what, answer, readStatus(answer));
  const said = `${body.error}${body.error_subtype ? `/${body.error_subtype}` : ""}`;
  const text = body.error_description ? `${said}: ${oneLine(body.error_description)}` : said;
  return httpError(`${what}: ${text}`, answer, readingOf(text, answer, now));
}

function readingOf(text: string, answer: HttpAnswer, now: number) {
  if (answer.status === 429 || answer.status >= 500) return readStatus(answer);
  const row = rows.find(({ pattern }) => pattern.test(text));
  if (row === undefined) return { ...invalid, hint: "see Google's documentation for this error" };
  const { code, retryable, hint, clock } = row;
  return { code, retryable, hint: clock ? clockHint(answer, now) : hint };
}
