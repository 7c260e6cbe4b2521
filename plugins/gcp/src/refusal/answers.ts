import type { ErrorDetails, HttpAnswer, RotateError } from "@rotate/plugin-kit";
import { webPage } from "@rotate/plugin-kit/tokens";

/** How a refusal is to be taken. */
export type Reading = Pick<ErrorDetails, "code" | "retryable" | "hint">;

export const denied = { code: "DENIED", retryable: false } as const;
export const invalid = { code: "INVALID", retryable: false } as const;
export const notFound = { code: "NOT_FOUND", retryable: false } as const;
export const down = {
  code: "UNAVAILABLE",
  retryable: true,
  hint: "the service is down or overloaded: see status.cloud.google.com, if it lasts",
} as const;
export const limited = {
  code: "RATE_LIMITED",
  retryable: true,
  hint: "a quota holds us back: fewer rotations at one moment, or a higher quota",
} as const;

/** What a status alone says, when the body says nothing. */
export function readStatus(answer: HttpAnswer): Partial<ErrorDetails> {
  if (answer.status === 408 || answer.status >= 500) return down;
  if (answer.status === 429) return limited;
  return { hint: "is the endpoint Google's, and no proxy or login page between?" };
}

/** A web page where Google was to answer: see `webPage` of the kit. */
export function strangerPage(answer: HttpAnswer, what: string): RotateError | undefined {
  return webPage(answer, what, "a proxy or login page stands between, or the endpoint is not Google's");
}
