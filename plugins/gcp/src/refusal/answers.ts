import type { HttpAnswer, RotateError } from "@rotate/plugin-kit";
import { webPage } from "@rotate/plugin-kit/tokens";

/** What to do about an outage, a limit, and an answer that says nothing. */
export const advice = {
  down: "the service is down or overloaded: see status.cloud.google.com, if it lasts",
  limited: "a quota holds us back: fewer rotations at one moment, or a higher quota",
  silent: "is the endpoint Google's, and no proxy or login page between?",
} as const;

/** A web page where Google was to answer: see `webPage` of the kit. */
export function strangerPage(answer: HttpAnswer, what: string): RotateError | undefined {
  return webPage(answer, what, "a proxy or login page stands between, or the endpoint is not Google's");
}
