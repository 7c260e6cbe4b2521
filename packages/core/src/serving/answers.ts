import type { CurrentQuestion, EndpointCredential } from "@rotate/plugin-kit";
import { EngineError } from "../engine-error.ts";
import { innerError } from "../rotation/errors.ts";
import type { Offer, Shown } from "../rotation/offers.ts";
import type { LeaseId } from "../store/state.ts";
import { endpointCredential } from "./credential.ts";
import { createRefusals } from "./refused.ts";
import { createSupply, unavailable, type Supply, type SupplyParts } from "./supply.ts";

/** What is given of one rotation, to all entries that serve it. */
export interface Answers extends Pick<Supply, "keep"> {
  readonly offer: Offer;
  readonly current: (question: CurrentQuestion) => Promise<EndpointCredential>;
  /** See `EndpointContext.changed`. */
  readonly changed: (known: EndpointCredential, signal: AbortSignal) => Promise<void>;
  readonly hold: (lease: LeaseId) => () => void;
}

/** A server that says no to new credentials, too, is told of until nobody has heard it for so long. ms */
const calmAfter = 5 * 60_000;

/** SDKs of metadata services give up after a second. ms */
const usualPatience = 900;

/** Answers from memory; only where there is nothing to give does anybody wait, all for the same work. */
export function createAnswers(parts: SupplyParts): Answers {
  const { name, offer, engine, daemon, signal } = parts;
  const { runtime, clock } = engine.parts().deps;
  const { masker } = runtime;
  const supply = createSupply(parts);
  const refusals = createRefusals(runtime);
  const made = new WeakMap<Shown, EndpointCredential>();

  const trouble = `refused ${name}`;
  let refusedAt = -Infinity;

  /** A newer one would not help: somebody has to look. */
  function noteRefused({ lease }: Shown): void {
    try {
      refusals.note(lease, clock.now());
    } catch (error) {
      refusedAt = runtime.monotonic();
      daemon.troubles.raise(trouble, stillRefused(name, error));
      throw error;
    }
  }

  async function keep(): Promise<void> {
    if (runtime.monotonic() - refusedAt > calmAfter) daemon.troubles.over(trouble);
    await supply.keep();
  }

  function give(shown: Shown): EndpointCredential {
    const credential = made.get(shown) ?? endpointCredential(shown, { rotation: supply.rotation(), masker, clock });
    made.set(shown, credential);
    return credential;
  }

  /** Until there is another than this, whoever mints it. */
  async function another(than: LeaseId | undefined, patience: number): Promise<void> {
    const limit = runtime.deadline(patience, signal);
    const late = unavailable(`there is no credential of ${name} yet`);
    try {
      await Promise.race([supply.fill(than), whenOther(offer, than, limit.signal)]);
    } catch (error) {
      throw error === limit.signal.reason ? late : error;
    } finally {
      limit.clear();
    }
  }

  return {
    offer,
    keep,
    async current({ refused, patience = usualPatience }) {
      const shown = supply.alive();
      if (shown !== undefined && shown.lease.id !== refused) return give(shown);
      if (shown !== undefined) noteRefused(shown);
      await another(shown?.lease.id, patience);
      const found = supply.alive();
      if (found === undefined) throw unavailable(`there is no credential of ${name} to give`);
      return give(found);
    },
    changed: (known, until) => whenOther(offer, known.leaseId, until),
    hold: (lease) =>
      offer.hold(lease, (isLast) => {
        // What could not be noted is noted at the next look.
        if (isLast && offer.shown()?.lease.id !== lease) supply.note().catch(() => undefined);
      }),
  };
}

/** Resolves when something else is given than this. */
function whenOther(offer: Offer, lease: LeaseId | undefined, until: AbortSignal): Promise<void> {
  const isOther = (): boolean => offer.shown() !== undefined && offer.shown()?.lease.id !== lease;
  if (isOther()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stop = offer.onChange(() => (isOther() ? end(resolve) : undefined));
    const onAbort = (): void => end(() => reject(until.reason));
    function end(how: () => void): void {
      stop();
      until.removeEventListener("abort", onAbort);
      how();
    }
    if (until.aborted) onAbort();
    else until.addEventListener("abort", onAbort);
  });
}

function stillRefused(name: string, error: unknown): EngineError {
  const { message, hint } = innerError(error);
  return new EngineError(`${name}: ${message}`, {
    code: "ROTATE_SERVE_REFUSED",
    exitCode: 1,
    ...(hint !== undefined && { hint }),
  });
}
