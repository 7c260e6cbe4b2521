import { UsageError } from "../failure.ts";
import type { Asker, ChoiceQuestion, TextQuestion } from "./asker.ts";

/** A person at the terminal, and what is said before and after. */
export interface Prompts extends Asker {
  readonly begin: (text: string) => void;
}

/** Asks on standard error, so that standard output has nothing but the result. The library is loaded here, for nobody else asks. */
export async function openPrompts(): Promise<Prompts> {
  const { intro, isCancel, select, text } = await import("@clack/prompts");
  const output = process.stderr;

  function unlessStopped(answer: string | symbol | undefined): string {
    if (isCancel(answer)) throw new UsageError("stopped: nothing was written");
    return (answer as string | undefined) ?? "";
  }

  return {
    begin: (line) => intro(line, { output }),
    async text({ message, initial, example, check }: TextQuestion) {
      const answer = await text({
        message,
        output,
        placeholder: initial ?? example ?? "",
        ...(initial !== undefined && { defaultValue: initial }),
        validate: (typed = "") => (typed === "" && initial !== undefined ? undefined : check?.(typed)),
      });
      return unlessStopped(answer);
    },
    async choose({ message, choices, initial }: ChoiceQuestion) {
      const answer = await select<string>({
        message,
        output,
        maxItems: 12,
        options: choices.map(({ value, label, hint }) => ({ value, label, ...(hint !== undefined && { hint }) })),
        ...(initial !== undefined && { initialValue: initial }),
      });
      return unlessStopped(answer);
    },
  };
}
