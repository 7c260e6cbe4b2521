import type { Expires, Http } from "@rotate/plugin-kit";
import { instantOf } from "./login.ts";

/** How far this machine's clock is ahead of an issuer's, ms; learned from the `Date` header of its answers (RFC 9110 §6.6.1, whole seconds). */
export interface SkewMeter {
  /** The last measurement; 0 when there is none or it is within what a header can tell. */
  readonly milliseconds: () => number;
  readonly measure: (http: Http) => Http;
}

/** An instant of the issuer, told by our clock; a relative life needs no such thing. Infinity for "never". All ms. */
export function localExpiry(
  expires: Expires,
  { requestedAt, skew }: { readonly requestedAt: number; readonly skew: number },
): number {
  return instantOf(expires, requestedAt) + (expires instanceof Date ? skew : 0);
}

/** What rounding and travel time can make of two equal clocks. ms */
const noise = 3_000;

/** A meter for the calls of one mint. */
export function createSkewMeter(now: () => number): SkewMeter {
  let last = 0;
  return {
    milliseconds: () => (Math.abs(last) > noise ? last : 0),
    measure: (http) => async (url, init) => {
      const sent = now();
      const answer = await http(url, init);
      const date = Date.parse(answer.headers.get("date") ?? "");
      if (Number.isFinite(date)) last = (sent + now()) / 2 - (date + 500);
      return answer;
    },
  };
}
