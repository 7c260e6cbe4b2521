import { createAgenda, type Agenda } from "./agenda.ts";

/**
 * What would be lost if one that is due waited. `alive`: what it holds works until its time; `without`: it holds nothing that works; `failing`: it was
 * tried and failed, whatever it holds.
 */
export type Need = "alive" | "without" | "failing";

/** Where one that is due stands among others. */
export interface Turn {
  readonly need: Need;
  /** What it holds is good as gone by then; without any, since when it is due. Rotation time, ms; Infinity: it has nothing to lose. */
  readonly by: number;
}

/** Those on which there is work that nobody has begun. Rotations are told by their index. */
export interface Ready {
  /** Undefined: there is no work on it. */
  readonly set: (index: number, turn: Turn | undefined) => void;
  readonly has: (index: number) => boolean;
  /** The one that is next, rotation time in ms; it is ready no more. Undefined: there is none. */
  readonly pop: (now: number) => number | undefined;
  readonly isEmpty: () => boolean;
}

/** Who holds nothing comes before who loses nothing for longer than this, ms. */
const soon = 10 * 60_000;
/** One place of so many is for what fails and still has something to lose: its issuer may answer again. */
const retryEvery = 8;

/**
 * What works is kept before anything is begun: with less time than work, those that have a credential keep it, and the others get one as time is left over. Earliest first within
 * each; what fails and has nothing to lose comes last.
 */
export function createReady(count: number): Ready {
  const needs: Readonly<Record<Need, Agenda>> = {
    alive: createAgenda(count),
    without: createAgenda(count),
    failing: createAgenda(count),
  };
  const { alive, without, failing } = needs;
  const all = [alive, without, failing];
  const readiness = new Uint8Array(count);
  let given = 0;

  function next(now: number): Agenda | undefined {
    const isSoon = (agenda: Agenda): boolean => agenda.next() <= now + soon;
    const retry = isSoon(failing) ? failing : undefined;
    const order = given % retryEvery === retryEvery - 1 ? [retry, alive] : [alive, retry];
    return order.find((agenda) => agenda !== undefined && isSoon(agenda)) ?? [without, alive, failing].find(hasAny);
  }

  return {
    set(index, turn) {
      for (const agenda of all) agenda.set(index, Infinity);
      readiness[index] = turn === undefined ? 0 : 1;
      if (turn) needs[turn.need].set(index, Math.min(turn.by, Number.MAX_VALUE));
    },
    has: (index) => readiness[index] === 1,
    pop(now) {
      const index = next(now)?.pop();
      if (index === undefined) return undefined;
      readiness[index] = 0;
      given++;
      return index;
    },
    isEmpty: () => !all.some(hasAny),
  };
}

function hasAny(agenda: Agenda): boolean {
  return agenda.next() < Infinity;
}

/** The places of these in the order in which they are to be begun, those alike as they are given. @param now rotation time, ms */
export function inOrder(turns: readonly Turn[], now: number): readonly number[] {
  const ready = createReady(turns.length);
  for (const [index, turn] of turns.entries()) ready.set(index, turn);
  return turns.map(() => ready.pop(now)!);
}
