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

const { denied, invalid, limited, missing, unsure, wait } = meanings;

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

/** What the message or the reason says more exactly than the status, then by google.rpc.Code (google/rpc/code.proto). */
export const iamRefusals: Refusals = [
  {
    ...denied,
    said: /SERVICE_DISABLED|has not been used in project|is disabled\. enable it/i,
    hint: "enable the API: gcloud services enable iamcredentials.googleapis.com",
  },
  {
    ...invalid,
    said: /lifetime/i,
    hint: "over 1h, list the account in the organisation policy iam.allowServiceAccountCredentialLifetimeExtension; 12h is the most",
  },
  {
    ...denied,
    said: /ACCESS_TOKEN_SCOPE_INSUFFICIENT|insufficient authentication scopes/i,
    hint: "the source's token lacks the scope cloud-platform: give the machine or login that scope",
  },
  {
    ...denied,
    said: /^PERMISSION_DENIED\b/,
    hint: "grant the caller roles/iam.serviceAccountTokenCreator on the account (and on each delegate); a new grant takes up to 7 minutes",
  },
  {
    ...denied,
    said: /^UNAUTHENTICATED\b/,
    hint: "the source's token is not taken: is the source right, and its account enabled?",
  },
  { ...missing, said: /^NOT_FOUND\b/, hint: "check impersonate.account: it is the account's email" },
  { ...invalid, said: /^INVALID_ARGUMENT\b/, hint: "check impersonate, scopes and audience" },
  {
    ...invalid,
    said: /^FAILED_PRECONDITION\b/,
    hint: "the account is disabled: gcloud iam service-accounts enable",
  },
  { ...limited, said: /^RESOURCE_EXHAUSTED\b/, hint: advice.limited },
  { ...wait, said: /^UNAVAILABLE\b/, hint: advice.down },
  { ...unsure, said: /^(INTERNAL|DEADLINE_EXCEEDED|ABORTED)\b/, hint: advice.down },
  ...byOutage(advice),
  ...bySilence(advice.silent),
];

/** An error of the IAM Credentials API, whatever the status; undefined when the answer is none. */
export function iamRefusal(answer: HttpAnswer, what: string): RotateError | undefined {
  return apiRefusal(answer, what, iamRefusals);
}

/** An error of one of Google's APIs (google.rpc.Status as JSON) by that API's table, whatever the status; undefined when the answer is none. */
export function apiRefusal(answer: HttpAnswer, what: string, table: Refusals): RotateError | undefined {
  const page = strangerPage(answer, what);
  if (page !== undefined) return page;
  const error = answer.tryJson(errorBody)?.error;
  if (error === undefined && answer.ok) return undefined;
  const message = oneLine(error?.message ?? error?.status ?? "");
  const reasons = (error?.details ?? []).map(({ reason }) => reason ?? "").join(" ");
  const said = error === undefined ? "" : `${error.status ?? ""}: ${message} ${reasons}`;
  return httpRefusal(table, answer, { message: message === "" ? what : `${what}: ${message}`, said });
}
