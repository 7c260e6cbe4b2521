import { RotateError } from "@rotate/plugin-kit";
import type { Runtime } from "@rotate/runtime";
import type { LeaseId, LeaseState } from "../store/state.ts";

/** Which leases servers said no to, and when the next may be minted for it. */
export interface Refusals {
  /** A server refused this one. Throws UNAVAILABLE while nothing may be minted for it. @param now rotation time, ms */
  readonly note: (lease: Pick<LeaseState, "id" | "issuedAt">, now: number) => void;
}

/** Some servers learn of a new credential only after a minute. ms */
const settlesWithin = 60_000;
/** When a fresh one is refused as well the credential is not what is wrong. ms */
const firstPause = 30_000;
const longestPause = 15 * 60_000;

/** Nothing was refused yet. */
export function createRefusals({ monotonic }: Pick<Runtime, "monotonic">): Refusals {
  let last: LeaseId | undefined;
  let pause = 0;
  let notBefore = -Infinity;

  return {
    note({ id, issuedAt }, now) {
      if (id === last) return; // a newer one is on its way
      const wait = Math.max(settlesWithin - (now - issuedAt), notBefore - monotonic());
      if (wait > 0) throw tooSoon(wait);
      const isCalm = monotonic() - notBefore > longestPause;
      pause = isCalm ? firstPause : Math.min(pause * 2, longestPause);
      notBefore = monotonic() + pause;
      last = id;
    },
  };
}

function tooSoon(retryAfter: number): RotateError {
  const message = "a server refused the newest credential; another one would not help now";
  const hint =
    "does the user exist there, with the right to log in? A new credential may take a minute to be known to the server";
  return new RotateError(message, { code: "UNAVAILABLE", retryable: true, retryAfter, hint });
}
