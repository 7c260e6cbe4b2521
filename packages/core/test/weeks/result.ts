/** What a week came to, and which promises it broke. Plain JSON. */
import type { Limits } from "./limits.ts";
import type { Scenario } from "./scenario.ts";

export interface Result {
  mints: number;
  needlessMints: number;
  renewals: number;
  needlessRenewals: number;
  /** Asked, and given the same again. */
  repeats: number;
  calls: number;
  /** Two calls within a second. */
  close: number;
  /** ms without a working credential while all was well. */
  deadMs: number;
  /** ms of being dead and not said so. */
  silentMs: number;
  unsaid: number;
  falseAlarms: number;
  uncleared: number;
  overstated: number;
  disagreed: number;
  cadenceUnsaid: number;
  /** Somebody was not told, or told what is not so. */
  untold: number;
  toldTwice: number;
  /** What may live at the issuer was not listed, or was when it had long ended. */
  mislisted: number;
  /** The spec was edited while the issuer refused or failed, and nothing was asked again. */
  unheard: number;
  messages: number;
  storms: number;
  /** Minutes in which the daemon woke more than twice a second. */
  spins: number;
  crashes: number;
  /** Calls a second of all rotations together. */
  peak: number;
  alarms: number;
  /** Instants at which all views were compared. */
  looks: number;
  runs: number;
  /** The first of each kind, for people. */
  readonly firsts: Record<string, string>;
}

export function emptyResult(): Result {
  return {
    mints: 0,
    needlessMints: 0,
    renewals: 0,
    needlessRenewals: 0,
    repeats: 0,
    calls: 0,
    close: 0,
    deadMs: 0,
    silentMs: 0,
    unsaid: 0,
    falseAlarms: 0,
    uncleared: 0,
    overstated: 0,
    disagreed: 0,
    cadenceUnsaid: 0,
    untold: 0,
    toldTwice: 0,
    mislisted: 0,
    unheard: 0,
    messages: 0,
    storms: 0,
    spins: 0,
    crashes: 0,
    peak: 0,
    alarms: 0,
    looks: 0,
    runs: 0,
    firsts: {},
  };
}

/** Calls a second that one provider entry may see when many rotations come back at once. */
const mostCalls = 25;

/** The promises that were broken. */
export function violationsOf(result: Result, scenario: Scenario, limits: Limits): readonly string[] {
  const tolerable = (all: number, needless: number): boolean =>
    needless <= limits.needless + 0.1 * Math.max(all - needless, 0);
  const broken: readonly (readonly [string, boolean])[] = [
    [scenario.shape.changes ? "stale" : "dead", result.deadMs > 0],
    ["silent", result.unsaid > 0],
    ["mints", !tolerable(result.mints, result.needlessMints) || result.storms > 0],
    ["renewals", !tolerable(result.renewals, result.needlessRenewals)],
    ["close", result.close > (limits.clocky(0) ? 5 : 0)],
    ["false-alarm", result.falseAlarms > 0],
    ["uncleared", result.uncleared > 0],
    ["overstated", result.overstated > 0],
    ["views", result.disagreed > 0],
    ["cadence", result.cadenceUnsaid > 0],
    ["untold", result.untold > 0],
    ["told-twice", result.toldTwice > 0],
    ["mislisted", result.mislisted > 0],
    ["unheard", result.unheard > 0],
    ["spins", result.spins > 2],
    ["crash", result.crashes > 0],
    ["stampede", scenario.siblings > 1 && result.peak > mostCalls],
  ];
  return broken.filter(([, is]) => is).map(([name]) => name);
}
