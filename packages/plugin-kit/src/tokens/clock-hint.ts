import type { HttpAnswer } from "../context.ts";

/** Shorter differences are those of the network. */
const noticeable = 5;

/**
 * What to do when an issuer refuses a signed time, with the measured difference of the clocks (the answer's `Date` header, RFC 9110 §6.6.1).
 * @param now wall clock, ms since 1970
 */
export function clockHint(answer: Pick<HttpAnswer, "headers">, now: number): string {
  const theirs = Date.parse(answer.headers.get("date") ?? "");
  const seconds = Math.round((now - theirs) / 1000);
  if (Number.isNaN(seconds)) return "set this machine's clock (NTP)";
  if (Math.abs(seconds) < noticeable) return "both clocks agree: is the lifetime or the key at fault?";
  return `set this machine's clock (NTP): it is ${Math.abs(seconds)} s ${seconds > 0 ? "ahead of" : "behind"} the issuer's`;
}
