/** The outside as a pure function of true time: what is in trouble, what the machine's clocks show, when all had been well for long enough. */
import { day, type Scenario, type Trouble, type TroubleKind } from "./scenario.ts";

/** True time 0 as a wall clock shows it that is right, ms since 1970. */
export const epoch = 1_800_000_000_000;

/** The machine does nothing. */
export interface Away {
  readonly from: number;
  readonly to: number;
  /** It boots at the end; else it wakes. */
  readonly off: boolean;
}

export interface Outside {
  readonly scenario: Scenario;
  readonly aways: readonly Away[];
  /** Spans in which something was wrong with issuer, machine or consumer, joined. */
  readonly bad: readonly (readonly [number, number])[];
}

export function outsideOf(scenario: Scenario): Outside {
  const { troubles } = scenario;
  const aways = joined(troubles.filter(({ kind }) => kind === "sleep" || kind === "off")).map(([from, to]): Away => ({
    from,
    to,
    off: troubles.some((trouble) => trouble.kind === "off" && trouble.from < to && trouble.to > from),
  }));
  const bad = joined(
    troubles
      .filter(({ kind }) => kind !== "flake")
      .map((trouble) => ({ ...trouble, to: trouble.to + (trouble.kind === "busy" ? (trouble.share ?? 0) : 0) })),
  );
  return { scenario, aways, bad };
}

function joined(spans: readonly Pick<Trouble, "from" | "to">[]): readonly (readonly [number, number])[] {
  const result: [number, number][] = [];
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}

export function troubleAt({ scenario }: Outside, at: number, kinds: readonly TroubleKind[]): Trouble | undefined {
  return scenario.troubles.find(({ kind, from, to }) => kinds.includes(kind) && at >= from && at < to);
}

/** The span in which the machine does nothing now. */
export function awayAt({ aways }: Outside, at: number): Away | undefined {
  return aways.find(({ from, to }) => at >= from && at < to);
}

/** How far the wall clock is ahead, ms. */
export function aheadAt({ scenario }: Outside, at: number): number {
  return scenario.offsets.findLast((step) => step.at <= at)?.ahead ?? 0;
}

/** Which boot it is, and when it began. */
export function bootAt({ aways }: Outside, at: number): { readonly id: number; readonly began: number } {
  let id = 0;
  let began = -day;
  for (const { off, to } of aways) {
    if (!off || to > at) continue;
    id++;
    began = to;
  }
  return { id, began };
}

/** ms that a clock shows which stands still while the machine sleeps. */
export function monotonicAt({ aways }: Outside, at: number): number {
  return aways.reduce((awake, { from, to }) => awake - Math.max(0, Math.min(at, to) - from), at);
}

/** The true time when that clock has gone on by `ms`. */
export function trueAfter({ aways }: Outside, from: number, ms: number): number {
  let at = from;
  let left = ms;
  for (const away of aways) {
    if (away.to <= at) continue;
    if (at + left <= away.from) break;
    left -= Math.max(0, away.from - at);
    at = away.to;
  }
  return at + left;
}

/** Of a value that somebody changes now and then. */
export function versionAt({ scenario: { shape } }: Outside, at: number): number {
  return Math.floor(at / (shape.changes ?? shape.period ?? Infinity));
}

/** ms within a span at which all had been well for `bound`, and the first such instant. */
export function wellFor(
  { bad }: Outside,
  { from, to }: { readonly from: number; readonly to: number },
  bound: number,
): { readonly ms: number; readonly first: number } {
  let ms = 0;
  let first = Infinity;
  let start = 0;
  for (const [a, b] of [...bad, [Infinity, Infinity] as const]) {
    const low = Math.max(from, start + bound);
    const high = Math.min(to, a);
    if (high > low) {
      ms += high - low;
      first = Math.min(first, low);
    }
    start = Math.max(start, b);
    if (start > to) break;
  }
  return { ms, first };
}
