/** Many weeks, counted: what the proof script plays in full and the tests a slice of. */
import { setImmediate } from "node:timers/promises";
import { lengthText, type Scenario } from "./scenario.ts";
import { playWeek, type Week } from "./week.ts";

/** A promise that was broken, where it broke first. */
export interface Found {
  readonly kind: string;
  readonly count: number;
  readonly examples: readonly string[];
}

/** Plain JSON, so that it can come from another process. */
export interface Tally {
  readonly weeks: number;
  readonly clean: number;
  readonly calls: number;
  readonly mints: number;
  readonly needless: number;
  readonly deadMs: number;
  readonly silentMs: number;
  readonly storms: number;
  readonly found: readonly Found[];
}

export const nothing: Tally = {
  weeks: 0,
  clean: 0,
  calls: 0,
  mints: 0,
  needless: 0,
  deadMs: 0,
  silentMs: 0,
  storms: 0,
  found: [],
};

/** So many examples of each kind are shown. */
const shown = 5;

export function sum(a: Tally, b: Tally): Tally {
  const kinds = [...new Set([...a.found, ...b.found].map(({ kind }) => kind))];
  return {
    weeks: a.weeks + b.weeks,
    clean: a.clean + b.clean,
    calls: a.calls + b.calls,
    mints: a.mints + b.mints,
    needless: a.needless + b.needless,
    deadMs: a.deadMs + b.deadMs,
    silentMs: a.silentMs + b.silentMs,
    storms: a.storms + b.storms,
    found: kinds.map((kind) => {
      const both = [...a.found, ...b.found].filter((one) => one.kind === kind);
      return {
        kind,
        count: both.reduce((total, { count }) => total + count, 0),
        examples: both.flatMap(({ examples }) => examples).slice(0, shown),
      };
    }),
  };
}

/** What one week adds. */
export function tallyOf({ scenario, result, violations }: Week): Tally {
  return {
    weeks: 1,
    clean: violations.length === 0 ? 1 : 0,
    calls: result.calls,
    mints: result.mints,
    needless: result.needlessMints + result.needlessRenewals,
    deadMs: result.deadMs,
    silentMs: result.silentMs,
    storms: result.storms,
    found: violations.map((kind) => ({
      kind,
      count: 1,
      examples: [`seed ${scenario.seed} ${scenario.name} [${optionsText(scenario)}]: ${result.firsts[kind] ?? kind}`],
    })),
  };
}

function optionsText({ reload, told, exact, dates, revokes }: Scenario): string {
  return [`reload ${reload}`, told && "told", exact && "exact", dates && "dates", revokes && "revokes"]
    .filter(Boolean)
    .join(", ");
}

export async function playAll(scenarios: Iterable<Scenario>): Promise<Tally> {
  let tally = nothing;
  for (const scenario of scenarios) {
    tally = sum(tally, tallyOf(await playWeek(scenario)));
    // A week is one long turn of the event loop: whoever else waits for it gets theirs now.
    await setImmediate();
  }
  return tally;
}

/** The violations for people; "" when there is none. */
export function violationsIn({ found }: Tally): string {
  return found
    .toSorted((a, b) => b.count - a.count)
    .map(({ kind, count, examples }) => [`  ${kind} ${count}`, ...examples].join("\n    "))
    .join("\n");
}

/** All of it for people. */
export function describeTally(tally: Tally): string {
  const { weeks, clean, calls, mints, needless, deadMs, silentMs, storms } = tally;
  const counts = `${calls} calls, ${mints} mints, ${needless} needless mints and renewals, ${storms} storms`;
  const head = `${weeks} weeks, ${clean} without a violation; ${counts}, dead ${lengthText(deadMs)}, unsaid ${lengthText(silentMs)}`;
  return [head, violationsIn(tally)].filter((text) => text !== "").join("\n");
}
