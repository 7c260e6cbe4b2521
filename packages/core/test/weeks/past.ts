/** Weeks in which the engine once broke a promise. Each keeps the story of its fault, and what was going on when a seed found it. */
import { hour, minute, type Scenario } from "./scenario.ts";
import { randomScenario, scenarioOf, type Draft } from "./scenarios.ts";
import { shapeNamed } from "./shapes.ts";

const drafts: readonly Draft[] = [
  {
    name: "what came to nothing in an hour of failures does not hold the next refreshes back",
    seed: 144,
    shape: shapeNamed("plain 15m"),
    reload: "slow",
    horizon: 4 * hour,
    troubles: [{ kind: "unfit", from: hour, to: 2 * hour }],
  },
  {
    name: "after an edit of the spec, an issuer that is down uses no budget up",
    seed: 44,
    shape: shapeNamed("static 60s"),
    horizon: 2 * hour,
    troubles: [{ kind: "down", from: 10 * minute, to: 30 * minute }],
    edits: [{ at: 12 * minute, kind: "spec" }],
  },
  {
    name: "after a sink was deleted, an issuer that is busy uses no budget up",
    seed: 1160,
    shape: shapeNamed("plain 20s"),
    horizon: 2 * hour,
    troubles: [{ kind: "busy", from: 10 * minute, to: 20 * minute, share: 5 * minute }],
    edits: [{ at: 12 * minute, kind: "absent" }],
  },
  {
    name: "where a mint kills its predecessor, what is held ends with the mint, reload in hand or not",
    seed: 14,
    shape: shapeNamed("kills 1h"),
    reload: "slow",
    horizon: 12 * hour,
  },
  {
    name: "a lease whose reload is owed is renewed, not minted anew",
    seed: 1206,
    shape: shapeNamed("renew 60s/20m"),
    horizon: 4 * hour,
    troubles: [{ kind: "reload", from: hour, to: 3 * hour }],
  },
];

/** Whole random weeks, as their seeds make them. */
const whole: readonly Scenario[] = [
  { ...randomScenario(242), name: "while what replaces it is taken up, nobody tells an end that nobody knows" },
  { ...randomScenario(18), name: "after a boot, what is due anyway is not looked at four times a second to prove it" },
  {
    ...randomScenario(500_210),
    name: "an edit while the machine is off is read by the next process, and held by none before",
  },
  {
    ...randomScenario(10_000_064),
    name: "what is announced and waits for a login that hangs is unknown, and then it is nothing",
  },
  {
    ...randomScenario(10_000_193),
    name: "what is announced and waits for a login that is refused is unknown, and then it is nothing",
  },
  {
    ...randomScenario(10_000_300),
    name: "a pace that was learned is not forgotten for the time in which the machine slept",
  },
  {
    ...randomScenario(10_001_167),
    name: "a machine that falls asleep while it boots starts its daemon when it wakes",
  },
  {
    ...randomScenario(10_000_518),
    name: "under a timer a renewal that lacks a millisecond of the life once given is none that was cut short",
  },
  {
    ...randomScenario(10_000_922),
    name: "what ended while the machine was off, after its clock had been ten days ahead, is told when it is on again",
  },
  {
    ...randomScenario(10_001_016),
    name: "a password that changed while the machine was off, after its clock had been wrong twice, is told when it is on again",
  },
  {
    ...randomScenario(10_000_969),
    name: "a password that the issuer changes is looked at when its time comes, however often the spec was edited",
  },
];

export const past: readonly Scenario[] = [...drafts.map((draft) => scenarioOf({ exact: true, ...draft })), ...whole];
