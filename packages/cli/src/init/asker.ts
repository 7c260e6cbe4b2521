import { UsageError } from "../failure.ts";

/** One question. Its key is how a flag answers it: `--set request.endpoint=…`. */
export interface Question {
  readonly key: string;
  readonly message: string;
}

/** Asks for a text. */
export interface TextQuestion extends Question {
  /** Taken when nothing is typed, and when nobody is asked. */
  readonly initial?: string | undefined;
  /** Shown where nothing is typed yet. */
  readonly example?: string | undefined;
  /** What is wrong with a text; undefined: nothing. */
  readonly check?: (text: string) => string | undefined;
}

/** One of several answers. */
export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly hint?: string | undefined;
}

/** Asks for one of several. */
export interface ChoiceQuestion extends Question {
  readonly choices: readonly Choice[];
  readonly initial?: string | undefined;
  /** Taken when nobody is asked; default: `initial`. */
  readonly unasked?: string | undefined;
}

/** Whoever answers: a person at a terminal, or the flags. */
export interface Asker {
  readonly text: (question: TextQuestion) => Promise<string>;
  readonly choose: (question: ChoiceQuestion) => Promise<string>;
}

/** An asker that takes what the flags say first. */
export interface FlagAsker extends Asker {
  /** Is there an answer to this, or to something below it? */
  readonly isGiven: (key: string) => boolean;
  /** Throws UsageError with all that nobody answered. */
  readonly checkMissing: () => void;
  /** The same, and throws for answers to what nobody asked. */
  readonly finish: () => void;
}

/** Flags first, then people, else what is offered; where there is nothing it goes on, and `finish` tells it all. @param given by key */
export function askByFlags(given: ReadonlyMap<string, string>, people: Asker | undefined): FlagAsker {
  const used = new Set<string>();
  const missing: Question[] = [];

  function answer(question: Question, check: (text: string) => string | undefined): string | undefined {
    const text = given.get(question.key);
    if (text === undefined) return undefined;
    used.add(question.key);
    const wrong = check(text);
    if (wrong !== undefined) throw new UsageError(`the answer to ${question.key} is not taken: ${wrong}`); // it may be a secret in the wrong place
    return text;
  }

  function offered(question: Question, initial: string | undefined): string {
    if (initial === undefined) missing.push(question);
    return initial ?? "";
  }

  function checkMissing(): void {
    if (missing.length === 0) return;
    throw new UsageError(
      `there is no answer to: ${missing.map(({ key, message }) => `${key} (${message})`).join("; ")}`,
      `add ${missing.map(({ key }) => `${flagOf(key)}…`).join(" ")}, or run it at a terminal without --yes`,
    );
  }

  return {
    isGiven: (key) => [...given.keys()].some((one) => one === key || one.startsWith(`${key}.`)),
    async text(question) {
      const told = answer(question, question.check ?? (() => undefined));
      return told ?? people?.text(question) ?? offered(question, question.initial);
    },
    async choose(question) {
      const known = question.choices.map(({ value }) => value);
      const told = answer(question, (text) => (known.includes(text) ? undefined : `it is one of ${known.join(", ")}`));
      const [only] = known;
      if (told === undefined && known.length === 1 && only !== undefined) return only;
      return told ?? people?.choose(question) ?? offered(question, question.unasked ?? question.initial);
    },
    checkMissing,
    finish() {
      checkMissing();
      const unused = [...given.keys()].filter((key) => !used.has(key));
      if (unused.length > 0)
        throw new UsageError(
          `nobody asks for ${unused.join(", ")} here`,
          "the keys are those of the spec's parts: docs/reference/spec.md",
        );
    },
  };
}

const ownFlags = ["consumer", "issuer", "login", "reload", "name"];

function flagOf(key: string): string {
  return ownFlags.includes(key) ? `--${key}=` : `--set ${key}=`;
}
