import { httpError, type HttpAnswer, type RotateError } from "@rotate/plugin-kit";
import { oneLine } from "@rotate/plugin-kit/tokens";
import { denied, down, invalid, limited, notFound, readStatus, strangerPage, type Reading } from "./answers.ts";

const errorBody = {
  type: "object",
  properties: {
    error: {
      type: "object",
      properties: {
        message: { type: ["string", "null"] },
        status: { type: ["string", "null"] },
        details: { type: "array", items: { type: "object", properties: { reason: { type: ["string", "null"] } } } },
      },
    },
  },
  required: ["error"],
} as const;

const creator =
  "grant the caller roles/iam.serviceAccountTokenCreator on the account (and on each delegate); a new grant takes up to 7 minutes";

/** By google.rpc.Code (google/rpc/code.proto). */
const byStatus: Readonly<Record<string, Reading>> = {
  PERMISSION_DENIED: { ...denied, hint: creator },
  UNAUTHENTICATED: {
    ...denied,
    hint: "the source's token is not taken: is the source right, and its account enabled?",
  },
  NOT_FOUND: { ...notFound, hint: "check impersonate.account: it is the account's email" },
  INVALID_ARGUMENT: { ...invalid, hint: "check impersonate, scopes and audience" },
  FAILED_PRECONDITION: { ...invalid, hint: "the account is disabled: gcloud iam service-accounts enable" },
  RESOURCE_EXHAUSTED: limited,
  UNAVAILABLE: down,
  INTERNAL: down,
  DEADLINE_EXCEEDED: down,
  ABORTED: down,
};

/** First match counts: what the message or the reason says more exactly than the status. */
const byText: readonly (Reading & { readonly pattern: RegExp })[] = [
  {
    pattern: /SERVICE_DISABLED|has not been used in project|is disabled\. enable it/i,
    ...denied,
    hint: "enable the API: gcloud services enable iamcredentials.googleapis.com",
  },
  {
    pattern: /lifetime/i,
    ...invalid,
    hint: "over 1h, list the account in the organisation policy iam.allowServiceAccountCredentialLifetimeExtension; 12h is the most",
  },
  {
    pattern: /ACCESS_TOKEN_SCOPE_INSUFFICIENT|insufficient authentication scopes/i,
    ...denied,
    hint: "the source's token lacks the scope cloud-platform: give the machine or login that scope",
  },
];

/** An error of the IAM Credentials API (google.rpc.Status as JSON), whatever the status; undefined when the answer is none. */
export function iamRefusal(answer: HttpAnswer, what: string): RotateError | undefined {
  const page = strangerPage(answer, what);
  if (page !== undefined) return page;
  const error = answer.tryJson(errorBody)?.error;
  if (error === undefined) return answer.ok ? undefined : httpError(what, answer, readStatus(answer));
  const reasons = (error.details ?? []).map(({ reason }) => reason ?? "").join(" ");
  const said = oneLine(error.message ?? error.status ?? "");
  const exact = byText.find(({ pattern }) => pattern.test(`${said} ${reasons}`));
  const reading = exact ?? byStatus[error.status ?? ""] ?? readStatus(answer);
  const { code, retryable, hint } = { code: undefined, retryable: undefined, ...reading };
  return httpError(`${what}: ${said}`, answer, {
    ...(code !== undefined && { code }),
    ...(retryable !== undefined && { retryable }),
    hint,
  });
}
