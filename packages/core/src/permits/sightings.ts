import type { KeptPermit, Permit } from "@rotate/plugin-kit";

/** A permit as it was seen, and since when it has been the same. */
interface Sighting {
  readonly text: string;
  /** ms, by the reader's own clock. */
  readonly since: number;
}

/** What this machine saw of the permits of a group: their holders' clocks are compared with nobody's. Plain data, by number. */
export type Sightings = Readonly<Record<number, Sighting>>;

/** What is seen now, on top of what was seen before. @param now ms, by a clock of this machine that goes on from one look to the next */
export function sighted(before: Sightings, seen: readonly (KeptPermit | undefined)[], now: number): Sightings {
  const entries = seen.map((kept, number) => {
    const text = JSON.stringify(kept ?? null);
    const known = before[number];
    return [number, known?.text === text ? known : { text, since: now }] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * May somebody else take it? Nobody has it, or its holder has given no sign of life for as long as the permit lasts since we first saw it like that (client-go
 * tools/leaderelection: "the clock skew between nodes is not considered").
 */
export function isFree(permit: Permit | undefined, sighting: Sighting | undefined, now: number): boolean {
  if (permit === undefined || permit.holder === "") return true;
  return sighting !== undefined && now - sighting.since >= permit.lasts;
}
