/** One try to get a permit of a group. */
import { createHash } from "node:crypto";
import type { KeptPermit, Permit } from "@rotate/plugin-kit";
import type { PermitPlace } from "./place.ts";
import { isFree, sighted, type Sightings } from "./sightings.ts";

/** Who asks for one of how many. */
export interface Asking {
  readonly place: PermitPlace;
  readonly holder: string;
  /** So many may be away at once. */
  readonly count: number;
  /** Without a sign of life for so long it is lost, ms. */
  readonly lasts: number;
  /** Only one that is ours already is taken. */
  readonly onlyOwn?: boolean;
}

/** A permit that is ours, as it was last written. */
export interface Held {
  readonly number: number;
  readonly permit: Permit;
  readonly version: string;
}

/** What a try came to: ours, or who has them all. */
export type Taking = { readonly held: Held } | { readonly others: readonly Permit[]; readonly held?: undefined };

/**
 * The algorithm of client-go's leader election, over `count` records: what is ours is renewed; what is free, or whose holder gives no sign of life, is taken by
 * compare-and-swap; whoever is slower looks again. Gives what was seen as well.
 */
export async function take(
  asking: Asking,
  before: Sightings,
  clock: { readonly monotonic: () => number; readonly now: () => number },
): Promise<Taking & { readonly seen: Sightings }> {
  const { place, holder, count, lasts, onlyOwn = false } = asking;
  const all = await Promise.all(Array.from({ length: count }, (_, number) => place.read(number)));
  const seen = sighted(before, all, clock.monotonic());
  for (const number of orderFor(holder, all)) {
    const kept = all[number];
    const isOurs = kept?.permit.holder === holder;
    if (!isOurs && (onlyOwn || !isFree(kept?.permit, seen[number], clock.monotonic()))) continue;
    const permit = nextPermit(kept?.permit, { holder, lasts, now: clock.now() });
    const version = await place.write(number, { permit, version: kept?.version });
    if (version !== undefined) return { held: { number, permit, version }, seen };
  }
  return {
    others: all.flatMap((kept) => (kept === undefined || kept.permit.holder === "" ? [] : [kept.permit])),
    seen,
  };
}

/** The same permit once more, or the first of a new holder. */
export function nextPermit(
  before: Permit | undefined,
  { holder, lasts, now }: { readonly holder: string; readonly lasts: number; readonly now: number },
): Permit {
  const renewedAt = new Date(now);
  if (before?.holder === holder) {
    const { unwell: _over, ...same } = before;
    return { ...same, renewedAt, lasts };
  }
  const transitions = before === undefined ? 0 : before.transitions + 1;
  return { holder, acquiredAt: renewedAt, renewedAt, lasts, transitions };
}

/** Ours first; then from a place of our own, so that those who come at once do not all want the same one. */
function orderFor(holder: string, all: readonly (KeptPermit | undefined)[]): readonly number[] {
  const own = all.findIndex((kept) => kept?.permit.holder === holder);
  const from = own >= 0 ? own : Math.floor(shareOf(holder) * all.length);
  return all.map((_, index) => (from + index) % all.length);
}

/** A part of one, below one, that is the same for the same name and evenly spread over names. */
export function shareOf(name: string): number {
  return createHash("sha256").update(name).digest().readUInt32BE(0) / 2 ** 32;
}
