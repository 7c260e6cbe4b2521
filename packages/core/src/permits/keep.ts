/** A permit while it is held: signs of life, and what is left when its holder is done. */
import type { Log } from "@rotate/plugin-kit";
import { nextPermit, type Asking, type Held } from "./take.ts";

/** A permit that signs of life are given for. */
export interface Keeping {
  /** `well`: others may go on at once. Otherwise the rolling stops: nobody gets it until its holder is well, or an hour without a sign of life has passed. Never throws. */
  readonly end: (well: boolean) => Promise<void>;
  /** Gives no sign of life any more, and changes nothing: another process of the same holder goes on with it. */
  readonly abandon: () => void;
}

/** What keeping needs of the world. */
export interface KeepingWorld {
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  readonly log: Pick<Log, "warn">;
}

/** Who is not well keeps its permit for so long after its last try, whether or not its process lives. ms */
const unwellFor = 3_600_000;
/** So many signs of life fit into the time after which it counts as dead (client-go has 15 s, 10 s and 2 s). */
const signs = 12;
/** Conflicts that a last write meets before it is left to lapse. */
const tries = 3;

/** ms between two looks, or two signs of life. */
export function pauseOf(lasts: number): number {
  return Math.min(2_000, Math.max(400, lasts / signs));
}

/** Renews until it is ended. */
export function keepPermit(asking: Asking, first: Held, { now, sleep, log }: KeepingWorld): Keeping {
  const { place, holder, lasts } = asking;
  const stop = new AbortController();
  let held: Held | undefined = first;

  /** Undefined: it is another's. Throws what keeps us from it. */
  async function renewed(): Promise<Held | undefined> {
    const { number } = first;
    for (let left = tries; left > 0; left--) {
      const kept = held ?? (await place.read(number));
      if (kept === undefined || kept.permit.holder !== holder) return undefined;
      const permit = nextPermit(kept.permit, { holder, lasts, now: now() });
      held = undefined;
      const version = await place.write(number, { permit, version: kept.version });
      if (version !== undefined) return (held = { number, permit, version });
    }
    return undefined;
  }

  async function renew(): Promise<void> {
    for (;;) {
      await sleep(pauseOf(lasts), stop.signal);
      const still = await renewed().catch((error: unknown) => said(error));
      if (still !== undefined) continue;
      log.warn("the turn in a group of reloads was lost to another", { holder });
      return;
    }
  }

  /** Nobody is disturbed by one sign of life that does not arrive: the next one may. */
  function said(error: unknown): Held {
    log.warn("a sign of life for a group of reloads did not arrive", { error: (error as Error).message });
    return first;
  }

  async function finish(well: boolean): Promise<void> {
    const last = await renewed();
    if (last === undefined) return;
    const { permit, version, number } = last;
    const over = well
      ? { ...permit, holder: "", lasts: 1_000, renewedAt: new Date(now()) }
      : { ...permit, unwell: true as const, lasts: unwellFor, renewedAt: new Date(now()) };
    await place.write(number, { permit: over, version });
  }

  const renewing = renew().catch(() => {}); // only its end ends it
  return {
    abandon: () => stop.abort(),
    async end(well) {
      stop.abort();
      await renewing;
      await finish(well).catch((error: unknown) =>
        log.warn("the turn in a group of reloads could not be given back: it lapses by itself", {
          error: (error as Error).message,
        }),
      );
    },
  };
}
