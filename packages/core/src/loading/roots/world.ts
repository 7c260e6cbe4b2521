import type { Spec } from "../model.ts";

/** What the check needs to know of the machine. */
export interface RootWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Rotate's own places for this spec: its state, its caches. */
  readonly own: (spec: Pick<Spec, "name" | "stateDir">) => readonly OwnPlace[];
}

/** A place that is rotate's alone. */
export interface OwnPlace {
  /** Absolute. A directory stands for all that is in it. */
  readonly path: string;
  /** Ends the sentence "…, which is …". */
  readonly what: string;
}
