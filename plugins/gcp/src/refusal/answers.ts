import { httpError, type ErrorDetails, type HttpAnswer, type RotateError } from "@rotate/plugin-kit";

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

/** A page, or a redirect to one, where JSON was due: a proxy's login page, or no Google at all. Nothing took effect. */
export function webPage(answer: HttpAnswer, what: string): RotateError | undefined {
  const redirected = answer.status >= 300 && answer.status < 400;
  const page = /html/i.test(answer.headers.get("content-type") ?? "") || /^\s*<(!doctype|html)/i.test(answer.text());
  if (!redirected && !(page && answer.status < 500)) return undefined;
  return httpError(`${what}: a web page answered`, answer, {
    code: "BAD_ANSWER",
    retryable: false,
    noEffect: true,
    hint: "a proxy or login page stands between, or the endpoint is not Google's",
  });
}

/** What a service said, on one line, short enough for a message. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim().replace(/\.$/, "").slice(0, 300);
}
