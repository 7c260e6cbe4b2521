import { scripted, type Turn } from "./choices.ts";
import { runHistory, type HistoryOptions } from "./history.ts";
import { Violation } from "./world.ts";

export interface Counterexample {
  readonly message: string;
  readonly turns: readonly Turn[];
  readonly story: readonly string[];
}

/** The fewest of these turns that still end in a violation: all subsets are tried, the small ones first. */
export async function shrink(
  setting: Omit<HistoryOptions, "choices">,
  turns: readonly Turn[],
): Promise<Counterexample | undefined> {
  for (const subset of subsetsOf(turns)) {
    const found = await violationOf({ ...setting, choices: scripted(subset) });
    if (found) return { ...found, turns: subset };
  }
  return undefined;
}

/** What a history ends in: undefined when every promise was kept. */
async function violationOf(options: HistoryOptions): Promise<Omit<Counterexample, "turns"> | undefined> {
  try {
    await runHistory(options);
    return undefined;
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { message: error.message, story: (error as Error & { readonly story?: readonly string[] }).story ?? [] };
  }
}

function subsetsOf<T>(items: readonly T[]): readonly (readonly T[])[] {
  const all = Array.from({ length: 2 ** items.length }, (_, bits) => items.filter((_item, at) => (bits >> at) & 1));
  return all.toSorted((a, b) => a.length - b.length);
}
