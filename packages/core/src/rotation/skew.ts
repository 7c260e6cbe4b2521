import { RotateError, type Expires, type Http } from "@rotate/plugin-kit";
import { aheadOf } from "../schedule/clock.ts";

/** How far this machine's clock is ahead of an issuer's, ms; learned from the `Date` header of its answers (RFC 9110 §6.6.1, whole seconds). */
export interface SkewMeter {
  /** The last measurement; 0 when it is within what a header can tell, undefined when there is none. */
  readonly milliseconds: () => number | undefined;
  readonly measure: (http: Http) => Http;
}

/** One instant on both clocks, ms. */
export interface AskedAt {
  /** Rotation time. */
  readonly time: number;
  /** The wall clock, since 1970. */
  readonly wall: number;
}

/** A life beyond it (ten years) is what issuers say for "never", and more than anybody keeps a machine. ms */
const farthest = 3_650 * 86_400_000;

/**
 * The end that a plugin tells, on rotation time: relative lives count from before the call, instants of the issuer are told by our wall clock. Infinity for "never", and
 * for what is as good as never. Throws BAD_ANSWER for what is no instant at all.
 */
export function endOn(expires: Expires | undefined, { time, wall }: AskedAt, skew: number | undefined = 0): number {
  if (expires === undefined || expires === "never") return Infinity;
  const end = expires instanceof Date ? expires.getTime() + skew - aheadOf({ wall, time }) : time + expires.in;
  if (!Number.isFinite(end))
    throw new RotateError("the answer's expiry is not an instant", {
      code: "BAD_ANSWER",
      retryable: false,
      hint: "the issuer or its plugin answered what cannot be believed; nothing was written",
      noEffect: false,
    });
  return end - time > farthest ? Infinity : end;
}

/** What rounding and travel time can make of two equal clocks. ms */
const noise = 3_000;

/** A meter for the calls of one mint. */
export function createSkewMeter(now: () => number): SkewMeter {
  let last: number | undefined;
  return {
    milliseconds: () => (last === undefined || Math.abs(last) > noise ? last : 0),
    measure: (http) => async (url, init) => {
      const sent = now();
      const answer = await http(url, init);
      const date = Date.parse(answer.headers.get("date") ?? "");
      if (Number.isFinite(date)) last = (sent + now()) / 2 - (date + 500);
      return answer;
    },
  };
}
