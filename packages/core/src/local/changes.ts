/** Which states were written since somebody last asked. */
export interface Changes {
  /** This process writes it: said in the transaction that does, so that nobody asks in between. */
  readonly add: (rotation: string) => void;
  /** @param version differs when another process has written. Undefined: any may have changed. */
  readonly take: (version: unknown) => ReadonlySet<string> | undefined;
}

/** The first answer is: any. */
export function createChanges(): Changes {
  let names = new Set<string>();
  let known: unknown;
  return {
    add: (rotation) => void names.add(rotation),
    take(version) {
      const taken = names;
      const isKnown = known === version;
      names = new Set();
      known = version;
      return isKnown ? taken : undefined;
    },
  };
}
