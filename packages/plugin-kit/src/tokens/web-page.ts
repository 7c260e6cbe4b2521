import type { HttpAnswer } from "../context.ts";
import { httpError, type RotateError } from "../errors.ts";

/** A page, or a redirect to one, where an API was to answer, as BAD_ANSWER; undefined when it is none. Nothing took effect. A gateway's page with 5xx is an outage, and left to the caller. */
export function webPage(answer: HttpAnswer, what: string, hint: string): RotateError | undefined {
  const redirected = answer.status >= 300 && answer.status < 400;
  const page = /html/i.test(answer.headers.get("content-type") ?? "") || /^\s*<(!doctype|html)/i.test(answer.text());
  if (!redirected && !(page && answer.status < 500)) return undefined;
  const details = { code: "BAD_ANSWER", retryable: false, noEffect: true, hint } as const;
  return httpError(`${what}: a web page answered`, answer, details);
}

/** What a service said, on one line, short enough for a message, without a full stop. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim().slice(0, 300).replace(/\.$/, "");
}
