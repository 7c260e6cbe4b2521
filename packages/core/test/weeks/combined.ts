/** One week with all of it: clocks that step, an outage of three lives, eight hours of sleep, a spec that is saved every second, and a daemon that is killed again and again. */
import { randomNumbers } from "../histories/choices.ts";
import { hour, lengthText, minute, second, type Edit, type Scenario, type TroubleKind } from "./scenario.ts";
import { scenarioOf } from "./scenarios.ts";

export interface CombinedOptions {
  readonly seed: number;
  readonly rotations: number;
  /** ms; the week is fourteen of them. */
  readonly life: number;
  readonly kills: number;
  /** Once each second in three stretches: in calm, within the outage, after it. */
  readonly saves: number;
  /** The longest pause between two tries, ms; absent: the usual. */
  readonly retryMax?: number;
}

/** So many rotations share an entry: a message names all that it is about. */
const perEntry = 40;
const lives = 14;
const nap = 8 * hour;
const outages: readonly TroubleKind[] = ["down", "5xx", "timeout", "refuse"];

/** A stretch of saves, one each second. */
function stretch(from: number, count: number): readonly Edit[] {
  return Array.from({ length: count }, (_, index) => ({ at: from + index * second, kind: "save" }));
}

/** The combined week of a seed. */
export function combined({ seed, rotations, life, kills, saves, retryMax }: CombinedOptions): Scenario {
  const random = randomNumbers(seed * 104_729 + 1);
  const kind = outages[seed % outages.length]!;
  const horizon = lives * life + nap;
  const outage = { kind, from: 6.4 * life + random() * life, to: 0 };
  outage.to = outage.from + 3 * life;
  const sleepsAt = outage.to + 1.5 * life;
  const step = (at: number, ahead: number) => [
    { at: at * life, ahead },
    { at: (at + 0.2) * life, ahead: 0 },
  ];
  const edits: readonly Edit[] = [
    ...stretch(5.2 * life, saves / 3),
    ...stretch(outage.from + (1 + random()) * life, saves / 3),
    ...stretch(outage.to - 5 * minute, saves / 3),
    ...Array.from({ length: kills }, (): Edit => ({ at: random() * (horizon - life), kind: "kill" })),
  ];
  return scenarioOf({
    name: `${rotations} rotations of ${lengthText(life)}, ${kind} for three lives, a sleep, steps of the clock, ${kills} kills, ${saves} saves`,
    seed,
    shape: { name: `plain ${lengthText(life)}`, life },
    horizon,
    siblings: rotations,
    ...(retryMax !== undefined && { retryMax }),
    entries: Math.ceil(rotations / perEntry),
    troubles: [outage, { kind: "sleep", from: sleepsAt, to: sleepsAt + nap }],
    offsets: [...step(0.7, 2 * hour), ...step(1.5, -30 * minute), ...step(2.3, 24 * 10 * hour)],
    clockRightFrom: 4.6 * life,
    edits: edits.toSorted((a, b) => a.at - b.at),
    skewKnown: true,
    exact: rotations > perEntry,
  });
}
