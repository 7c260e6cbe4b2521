/** Reloads of one group: so many consumers at once are away, the others wait until those are healthy again. Shared by all rotations of an engine. */
export interface ReloadGroups {
  /** What one rotation holds of them: one group at a time, so that two rotations never wait for each other. */
  readonly hold: () => GroupHold;
}

/** One rotation's place among the consumers that may be away at once. */
export interface GroupHold {
  /** Waits until fewer than `maxUnavailable` of the group are away, leaving the group before; at once where it is in already. */
  readonly enter: (group: { readonly name: string; readonly maxUnavailable: number }) => Promise<void>;
  /** Its consumer is back. Where it is in no group: nothing. */
  readonly leave: () => void;
}

interface Group {
  away: number;
  readonly waiting: (() => void)[];
}

/** Groups of one process, each made when it is first named. */
export function createReloadGroups(): ReloadGroups {
  const groups = new Map<string, Group>();

  function groupOf(name: string): Group {
    const group = groups.get(name) ?? { away: 0, waiting: [] };
    groups.set(name, group);
    return group;
  }
  function giveBack(name: string): void {
    const group = groupOf(name);
    group.away--;
    group.waiting.shift()?.();
  }

  return {
    hold() {
      let held: string | undefined;
      function leave(): void {
        if (held !== undefined) giveBack(held);
        held = undefined;
      }
      return {
        leave,
        async enter({ name, maxUnavailable }) {
          if (held === name) return;
          leave();
          const group = groupOf(name);
          while (group.away >= maxUnavailable) await new Promise<void>((resolve) => group.waiting.push(resolve));
          group.away++;
          held = name;
        },
      };
    },
  };
}
