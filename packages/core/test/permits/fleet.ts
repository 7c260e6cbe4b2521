/** Machines of one group, each with a clock of its own, and the records that they all see. */
import { createFakeClock } from "@rotate/testkit";
import type { KeptPermit, NextPermit } from "@rotate/plugin-kit";
import type { PermitPlace } from "../../src/permits/place.ts";
import type { Sightings } from "../../src/permits/sightings.ts";
import { waitForTurn, type TurnWorld, type Waiting } from "../../src/permits/turn.ts";

/** Records with a compare-and-swap. `away` answers nobody. */
export interface Records extends PermitPlace {
  readonly all: Map<number, KeptPermit>;
  away: boolean;
}

export function createRecords(): Records {
  const all = new Map<number, KeptPermit>();
  let writes = 0;
  const records: Records = {
    all,
    away: false,
    async read(permit) {
      if (records.away) throw new Error("nobody answers");
      return all.get(permit);
    },
    async write(number, { permit, version }: NextPermit) {
      if (records.away) throw new Error("nobody answers");
      if (all.get(number)?.version !== version) return undefined;
      const next = String(++writes);
      all.set(number, { permit, version: next });
      return next;
    },
  };
  return records;
}

export const second = 1_000;
export type Clock = ReturnType<typeof createFakeClock>;

/** One machine. @param skew ms by which its wall clock is wrong */
export function createMachine(
  name: string,
  place: PermitPlace,
  { clock, skew = 0 }: { readonly clock: Clock; readonly skew?: number },
) {
  let sightings: Sightings = {};
  const warnings: string[] = [];
  const waited: string[] = [];
  const stop = new AbortController();
  const world: TurnWorld = {
    monotonic: clock.monotonic,
    now: () => clock.now() + skew,
    random: () => 0,
    sleep: clock.sleep,
    log: { warn: (message) => void warnings.push(message) },
  };
  const waiting: Waiting = {
    place,
    holder: name,
    count: 1,
    lasts: 60 * second,
    group: "web",
    signal: stop.signal,
    seen: { get: () => sightings, set: (next) => void (sightings = next) },
    onWait: async (whom) => void waited.push(whom),
  };
  return {
    warnings,
    waited,
    stop: (why: Error) => stop.abort(why),
    enter: (more: Partial<Waiting> = {}) => waitForTurn({ ...waiting, ...more }, world),
  };
}
