/** When workers could have rotated: each lives from its start until it is struck, and what a trouble takes from all of them counts for none. */

/** Spans in which a worker was there, by its name. */
export interface Lives {
  readonly begin: (name: string) => void;
  readonly end: (name: string) => void;
  /** They can do nothing any more, or not for a while. */
  readonly endAll: () => void;
  /** Did one of them live through so many ms of that time without a break? */
  readonly hadTime: (from: number, to: number, enough: number) => boolean;
}

interface Life {
  readonly from: number;
  readonly to?: number;
}

export function createLives(now: () => number = Date.now): Lives {
  const ended: Life[] = [];
  const open = new Map<string, number>();

  function end(name: string): void {
    const from = open.get(name);
    if (from !== undefined) ended.push({ from, to: now() });
    open.delete(name);
  }

  return {
    begin: (name) => void open.set(name, now()),
    end,
    endAll: () => [...open.keys()].forEach(end),
    hadTime(from, to, enough) {
      const lives: readonly Life[] = [...ended, ...[...open.values()].map((since) => ({ from: since }))];
      return lives.some((life) => Math.min(life.to ?? now(), to) - Math.max(life.from, from) >= enough);
    },
  };
}
