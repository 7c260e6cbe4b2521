import { isRotateError, RotateError } from "@rotate/plugin-kit";
import { EngineError } from "../engine-error.ts";
import type { Engine } from "../engine/engine.ts";
import { fillOffer, type OfferOptions } from "../engine/offer.ts";
import { needsWork } from "../engine/quick-look.ts";
import type { Rotation } from "../loading/model.ts";
import type { Offer, Shown } from "../rotation/offers.ts";
import { endOf } from "../schedule/schedule.ts";
import type { LeaseId } from "../store/state.ts";
import type { DaemonView } from "../watch/services.ts";

/** Sees to it that there is something to give of one rotation. */
export interface Supply {
  /** The rotation as the spec has it now. Throws UNAVAILABLE when it has it no more. */
  readonly rotation: () => Rotation;
  /** What is given and lives. */
  readonly alive: () => Shown | undefined;
  /** Resolves when there is one, and another than `refused`: once for all who want the same, and whether or not they go on waiting. Throws RotateError. */
  readonly fill: (refused: LeaseId | undefined) => Promise<void>;
  /** Notes what has ended. */
  readonly note: () => Promise<void>;
  /** Looks whether what is given is what is published, and notes what has ended. Never throws. */
  readonly keep: () => Promise<void>;
}

/** What an offer is kept with. */
export interface SupplyParts {
  readonly name: string;
  readonly offer: Offer;
  readonly engine: Engine;
  readonly daemon: Pick<DaemonView, "ask" | "stopping" | "troubles">;
  readonly signal: AbortSignal;
}

/** What just failed is not asked for again by the next who asks. ms */
const failureLasts = 1_000;

/** Works for the offer in the daemon's own time. */
export function createSupply({ name, offer, engine, daemon, signal: ending }: SupplyParts): Supply {
  const signal = AbortSignal.any([ending, daemon.stopping]);
  const { runtime, clock } = engine.parts().deps;
  const working = new Map<string, Promise<void>>();
  let failed: { readonly error: unknown; readonly at: number } | undefined;

  function rotation(): Rotation {
    const found = engine.parts().spec.rotations.find((one) => one.name === name);
    if (found !== undefined) return found;
    throw unavailable(`${name} is not in the spec now`, "look at the list that it is made of");
  }
  function alive(): Shown | undefined {
    const shown = offer.shown();
    return shown !== undefined && endOf(shown.lease) > clock.now() ? shown : undefined;
  }

  async function begin(options: Omit<OfferOptions, "signal">): Promise<void> {
    try {
      await daemon.ask((asked) =>
        fillOffer({ rotation: rotation(), deps: asked.parts().deps, offer }, { ...options, signal }),
      );
      failed = undefined;
    } catch (error) {
      failed = { error: asRotateError(error), at: runtime.monotonic() };
      throw failed.error;
    }
  }
  function once(key: string, options: Omit<OfferOptions, "signal">): Promise<void> {
    const work = working.get(key) ?? begin(options).finally(() => working.delete(key));
    working.set(key, work);
    return work;
  }
  async function fill(refused: LeaseId | undefined): Promise<void> {
    if (failed !== undefined && runtime.monotonic() - failed.at < failureLasts) throw failed.error;
    return once(`without ${refused ?? "any"}`, { refused });
  }

  function note(): Promise<void> {
    return daemon.ask(async (asked) => {
      const claim = await asked.parts().deps.claims.byName(name, { wait: 60_000, signal });
      await claim?.settle({ records: offer.owed(claim.state()) });
    });
  }

  async function tryKeep(): Promise<void> {
    const { deps } = engine.parts();
    const state = await deps.store.load(name);
    offer.take(state);
    const shown = alive();
    // What is due is the schedule's to rotate.
    const isDue = shown === undefined && (await needsWork({ rotation: rotation(), deps }, { cadence: undefined }));
    if (isDue) return;
    if (shown === undefined || (!offer.isCurrent() && isOld(shown))) return fill(undefined);
    if (!offer.isCurrent()) return once("look", { onlyLook: true });
    if (offer.owed(state).length > 0) await note();
  }
  /** Those who ask want a new one. */
  function isOld({ lease }: Shown): boolean {
    const window = rotation().served?.window ?? 0;
    return endOf(lease) - clock.now() < Math.min(window, (lease.span ?? 0) / 2);
  }

  return {
    rotation,
    alive,
    fill,
    note,
    async keep() {
      try {
        await tryKeep();
      } catch (error) {
        runtime.log.debug("nothing new to give", { rotation: name, error });
      }
    },
  };
}

/** There is none now; a second later there may be. */
export function unavailable(message: string, hint = "`rotate status` tells how it stands"): RotateError {
  return new RotateError(message, { code: "UNAVAILABLE", retryable: true, retryAfter: 1_000, hint });
}

/** Whatever kept it from being there, in the words of plugins. */
function asRotateError(error: unknown): unknown {
  if (isRotateError(error) || !(error instanceof EngineError)) return error;
  return unavailable(error.message, error.hint);
}
