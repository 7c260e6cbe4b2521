import { randomBytes } from "node:crypto";
import type { Engine, Runtime } from "@rotate/core";
import type { Generation } from "./supervisor.ts";
import { mayRemain, traceOf, type Trace } from "./remains.ts";

/** What the commands of one `rotate exec` were given, until it is given back. */
export interface Loans {
  /** The word that what is asked for now is lent to. */
  readonly word: () => string;
  /** A command was begun with what was lent to this word. */
  readonly begun: (generation: Pick<Generation, "id" | "child">, word: string) => void;
  /** Gives back what came before the oldest command that may run. To be called while one runs. */
  readonly settle: () => Promise<void>;
  /** This command was to be replaced and could not be: told in `status`. */
  readonly keep: (generation: Pick<Generation, "id">, why: string) => Promise<void>;
  /** Nothing is begun any more: gives all back that no command can have. */
  readonly end: () => Promise<void>;
}

/** What loans need. */
export interface LoansParts {
  readonly engine: Pick<Engine, "giveBack" | "keepLent">;
  /** The rotations that a command is given. */
  readonly names: readonly string[];
  /** Is a command replaced when its credentials are? Else one word is enough. */
  readonly replaces: boolean;
  readonly runtime: Pick<Runtime, "log" | "sleep">;
}

interface Loan {
  readonly trace: Trace;
  readonly word: string;
  readonly hasEnded: () => boolean;
}

/** What the command started may need a moment to end after it. ms */
const moment = 300;

/** Nothing is lent yet. */
export function createLoans({ engine, names, replaces, runtime }: LoansParts): Loans {
  const stem = `exec-${randomBytes(8).toString("hex")}`;
  let count = 0;
  let words: readonly string[] = [];
  let loans: readonly Loan[] = [];

  function mayRun({ trace, hasEnded }: Loan): boolean {
    const others = new Set(loans.map((each) => each.trace.id).filter((id) => id !== trace.id));
    return !hasEnded() || mayRemain(trace, others);
  }

  async function settle(): Promise<void> {
    loans = loans.filter(mayRun);
    const kept = words.findIndex((word) => loans.some((loan) => loan.word === word));
    const from = kept < 0 ? words : words.slice(0, kept);
    if (from.length === 0) return;
    try {
      for (const name of names) await engine.giveBack(name, { from });
      words = words.filter((word) => !from.includes(word));
    } catch (error) {
      runtime.log.warn(`what an ended command was given is not given back yet: ${(error as Error).message}`);
    }
  }

  return {
    word() {
      if (replaces || words.length === 0) words = [...words, `${stem}-${++count}`];
      return words.at(-1) ?? stem;
    },
    begun({ id, child }, word) {
      loans = [...loans, { trace: traceOf(id, child.pid), word, hasEnded: child.hasEnded }];
    },
    settle,
    async keep({ id }, why) {
      const from = loans.filter(({ trace }) => trace.id === id).map(({ word }) => word);
      try {
        for (const name of names) await engine.keepLent(name, { from, why });
      } catch (error) {
        runtime.log.warn(`\`rotate status\` does not tell of it: ${(error as Error).message}`);
      }
    },
    async end() {
      if (loans.some(mayRun)) await runtime.sleep(moment);
      await settle();
      if (words.length > 0)
        runtime.log.debug(
          "something that the command started may still run: what it was given stays pinned to its end",
        );
    },
  };
}
