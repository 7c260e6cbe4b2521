/** The moments of an attempt, as they are seen in what a worker says to its database. */
import type { Fleet } from "./world.ts";
import type { Trap } from "./wire.ts";

/** A moment at which a worker is struck. */
export interface Moment extends Pick<Trap, "words" | "moment" | "without"> {
  readonly name: string;
  /** Until it is struck, at most, ms: by then the act that was announced is under way. */
  readonly within: number;
}

const append = "r set state = coalesce(";
const end = "claim = null, holder = null";

function inPhase(phase: string, within: number): Moment {
  return {
    name: phase,
    words: [append, String.raw`phase\":\"${phase}`],
    without: end,
    moment: "after",
    within,
  };
}

const taking = ["set claim = i.claim"];

/** Each of them, in the order of an attempt. */
export const moments: readonly Moment[] = [
  { name: "before its claim is written", words: taking, moment: "before", within: 0 },
  { name: "when its claim is written, not committed", words: taking, moment: "after", within: 0 },
  inPhase("intent", 30),
  inPhase("minted", 200),
  inPhase("verified", 30),
  inPhase("prepared", 30),
  { ...inPhase("committing", 0), name: "before committing is journaled", moment: "before" },
  inPhase("committing", 30),
  {
    name: "between guard and act",
    words: ["select r.claim from unnest("],
    moment: "after",
    within: 4,
  },
  {
    name: "reload",
    words: [append, String.raw`\"owed\":{`],
    without: end,
    moment: "after",
    within: 300,
  },
  { name: "before settle", words: [append, end], moment: "before", within: 0 },
  { name: "inside settle, its row written", words: [append, end], moment: "after", within: 0 },
  { name: "inside settle, its job ended", words: ["rotate_boss.job", "DELETE"], moment: "after", within: 0 },
];

/** Arms all workers for one moment; gives whom it struck, or nobody when none came to it in `patience` ms. @param strike is called at once, with its name */
export function strikeAt(
  { wires }: Pick<Fleet, "wires">,
  { words, without, moment, within }: Moment,
  { patience, random, strike }: { patience: number; random: () => number; strike: (name: string) => void },
): Promise<string | undefined> {
  return new Promise((resolve) => {
    function done(name?: string): void {
      clearTimeout(timer);
      for (const wire of wires.values()) wire.arm(undefined);
      resolve(name);
    }
    let isStruck = false;
    const timer = setTimeout(done, patience);
    for (const [name, wire] of wires)
      wire.arm({
        words,
        moment,
        delay: random() * within,
        ...(without !== undefined && { without }),
        strike() {
          if (isStruck) return;
          isStruck = true;
          strike(name);
          done(name);
        },
      });
  });
}
