/** Many histories, counted: what the proof script runs in full and the tests a slice of. */
import { exhaustive, random, recorded, type Turn } from "./choices.ts";
import { runHistory, type HistoryOptions } from "./history.ts";
import { optionsOf, past } from "./past.ts";
import { randomFleetShape, randomShape } from "./shapes.ts";
import { shrink } from "./shrink.ts";
import { Violation, type Shape, type World } from "./world.ts";

type Setting = Omit<HistoryOptions, "choices" | "tamper">;

/** One kind of violation: its shortest history, and how often it came. */
export interface Found {
  readonly message: string;
  readonly setting: Setting;
  readonly seed?: number;
  readonly turns: readonly Turn[];
  readonly story: readonly string[];
  readonly count: number;
}

/** Plain JSON, so that it can come from another thread. */
export interface Tally {
  readonly histories: number;
  /** With at least one process that died. */
  readonly crashed: number;
  /** In which a consumer, restarted by somebody else between two writes, read a mixed set: no protocol over separate sinks can prevent that. */
  readonly mixed: number;
  readonly mostLive: number;
  readonly found: readonly Found[];
}

export const nothing: Tally = { histories: 0, crashed: 0, mixed: 0, mostLive: 0, found: [] };

/** Both together; of the same violation the shorter history is kept. */
export function sum(a: Tally, b: Tally): Tally {
  return {
    histories: a.histories + b.histories,
    crashed: a.crashed + b.crashed,
    mixed: a.mixed + b.mixed,
    mostLive: Math.max(a.mostLive, b.mostLive),
    found: b.found.reduce(withFound, a.found),
  };
}

function withFound(found: readonly Found[], one: Found): readonly Found[] {
  const same = found.find(({ message }) => message === one.message);
  if (!same) return [...found, one];
  const shorter = one.turns.length < same.turns.length ? one : same;
  return found.map((other) => (other === same ? { ...shorter, count: same.count + one.count } : other));
}

type Tamper = HistoryOptions["tamper"];

/** One history. A violation is shrunk to the fewest turns that still end in one. */
async function play(
  setting: Setting,
  { seed, ...options }: Pick<HistoryOptions, "choices" | "tamper"> & { seed?: number },
) {
  const choices = recorded(options.choices);
  const tamper = options.tamper && { tamper: options.tamper };
  try {
    return countOf(await runHistory({ ...setting, ...tamper, choices }));
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    const turns = choices.turns();
    const story = (error as Error & { readonly story?: readonly string[] }).story ?? [];
    const shortest = (await shrink({ ...setting, ...tamper }, turns)) ?? { message: error.message, turns, story };
    const found = [{ ...shortest, setting, count: 1, ...(seed !== undefined && { seed }) }];
    return { ...nothing, histories: 1, found };
  }
}

function countOf({ crashes, mixedReads, mostLive }: World): Tally {
  return { histories: 1, crashed: crashes > 0 ? 1 : 0, mixed: mixedReads > 0 ? 1 : 0, mostLive, found: [] };
}

/** Every history of a shape with at most so many faults. */
export async function everyHistory(
  setting: { readonly shape: Shape; readonly early: number },
  { faults, tamper }: { readonly faults: number; readonly tamper?: Tamper },
): Promise<Tally> {
  const choices = exhaustive(faults);
  let tally = nothing;
  do {
    choices.start();
    tally = sum(tally, await play(setting, { choices, ...(tamper && { tamper }) }));
  } while (choices.next());
  return tally;
}

/** Those with a story. */
export async function namedHistories(tamper?: Tamper): Promise<Tally> {
  let tally = nothing;
  for (const one of past) {
    const { choices, ...setting } = optionsOf(one);
    tally = sum(tally, await play(setting, { choices, ...(tamper && { tamper }) }));
  }
  return tally;
}

/** The setting of a random history. @param ofFleet on several machines */
export function settingOf(seed: number, ofFleet = false): Setting {
  return { shape: ofFleet ? randomFleetShape(seed) : randomShape(seed), early: [20, 26, 38, 41][seed % 4]!, rounds: 5 };
}

/** Random histories with up to eight faults of every kind. */
export async function randomHistories(
  { from, count, ofFleet }: { readonly from: number; readonly count: number; readonly ofFleet?: boolean },
  tamper?: Tamper,
): Promise<Tally> {
  let tally = nothing;
  for (let seed = from; seed < from + count; seed++) {
    const choices = random(seed, { share: 0.06 + (seed % 7) / 70, faults: 8 });
    tally = sum(tally, await play(settingOf(seed, ofFleet), { choices, seed, ...(tamper && { tamper }) }));
  }
  return tally;
}

/** What went wrong, for people: the violation, the turns that lead to it, and its story. */
export function describeFound({ message, setting, seed, turns, story, count }: Found): string {
  const head = `${message} (${count} ×)${seed === undefined ? "" : `, seed ${seed}`}`;
  const steps = turns.map(({ label, nth, fault }) => `  at "${label}" no. ${nth}: ${fault}`);
  return [
    head,
    `  ${JSON.stringify({ ...setting, turns })}`,
    ...steps,
    ...story.slice(-100).map((line) => `    ${line}`),
  ].join("\n");
}
