import type { Keeping } from "../permits/keep.ts";
import type { ReloadGroup } from "../loading/model.ts";
import type { TurnAsked, TurnsAcross } from "../permits/across.ts";

/** Reloads of one group: so many consumers at once are away, the others wait until those are healthy again. Shared by all rotations of an engine. */
export interface ReloadGroups {
  /** What one rotation holds of them: one group at a time, so that two rotations never wait for each other. */
  readonly hold: () => GroupHold;
  /** How long this machine waits before a reload of a group that ends with the machine, ms: its own part of `splay`. */
  readonly splayOf: (group: ReloadGroup) => number;
  /** Throws what would keep it from its turn for good. */
  readonly check: (group: ReloadGroup) => Promise<void>;
}

/** How a consumer is when its rotation is done with it. */
export type Wellbeing = "well" | "unwell" | "unknown";

/** One rotation's place among the consumers that may be away at once. */
export interface GroupHold {
  /**
   * Waits until fewer than `maxUnavailable` of the group are away, on whichever machine, leaving the group before; at once where it, or its consumer, is in already.
   * Throws what keeps it from its turn.
   */
  readonly enter: (asked: TurnAsked) => Promise<void>;
  /** Goes on with the turn that an earlier try left to its consumer, where there is one. Waits for nobody. */
  readonly resume: (asked: TurnAsked) => Promise<void>;
  /** Its consumer is back, or ill: then no other machine goes on. `unknown`: another process goes on with it. Where it is in no group: nothing. */
  readonly leave: (how: Wellbeing) => Promise<void>;
}

interface Group {
  readonly away: Map<string, Away>;
  readonly waiting: (() => void)[];
}

/** A consumer that is away, for one or several rotations that share its reload. */
interface Away {
  users: number;
  how: Wellbeing;
  readonly turn: Promise<Keeping | undefined>;
}

/** A machine that sees no other. */
export const noOthers: TurnsAcross = {
  enter: async () => undefined,
  resume: async () => undefined,
  spans: () => false,
  check: async () => {},
  share: () => 0,
};

/** Groups of one process, each made when it is first named; with turns across machines where there are such. */
export function createReloadGroups(across: TurnsAcross = noOthers): ReloadGroups {
  const groups = new Map<string, Group>();

  function groupOf(name: string): Group {
    const group = groups.get(name) ?? { away: new Map<string, Away>(), waiting: [] };
    groups.set(name, group);
    return group;
  }

  async function join(group: Group, asked: TurnAsked): Promise<Away> {
    const { consumer } = asked;
    while (!group.away.has(consumer) && group.away.size >= asked.group.maxUnavailable)
      await new Promise<void>((resolve) => group.waiting.push(resolve));
    const known = group.away.get(consumer);
    if (known !== undefined) {
      known.users++;
      return known;
    }
    const entered: Away = { users: 1, how: "well", turn: across.enter(asked) };
    group.away.set(consumer, entered);
    return entered;
  }

  async function part(group: Group, consumer: string, how: Wellbeing): Promise<void> {
    const away = group.away.get(consumer)!;
    away.users--;
    if (how !== "well") away.how = how;
    if (away.users > 0) return;
    const keeping = await away.turn.catch(() => undefined); // told to who entered
    if (away.how === "unknown") keeping?.abandon();
    else await keeping?.end(away.how === "well");
    group.away.delete(consumer);
    group.waiting.shift()?.();
  }

  function createHold(): GroupHold {
    let held: { readonly name: string; readonly consumer: string } | undefined;
    async function leave(how: Wellbeing): Promise<void> {
      const left = held;
      held = undefined;
      if (left !== undefined) await part(groupOf(left.name), left.consumer, how);
    }
    return {
      leave,
      async enter(asked) {
        const { group, consumer } = asked;
        if (held?.name === group.name) return;
        await leave("well");
        const away = await join(groupOf(group.name), asked);
        held = { name: group.name, consumer };
        await away.turn;
      },
      async resume(asked) {
        const { group, consumer } = asked;
        const { away } = groupOf(group.name);
        if (held !== undefined || away.has(consumer) || !across.spans(group)) return;
        const turn = across.resume(asked);
        away.set(consumer, { users: 1, how: "well", turn });
        held = { name: group.name, consumer };
        await turn;
      },
    };
  }

  return {
    hold: createHold,
    check: across.check,
    splayOf: (group) => (across.spans(group) ? 0 : (group.splay ?? 0) * across.share()),
  };
}
