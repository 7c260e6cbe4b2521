import { createInterface } from "node:readline/promises";
import { UsageError } from "./failure.ts";

/** Asks a person to type the rotation's name. Throws UsageError when there is nobody to ask and `--yes` was not given, or when something else was typed. */
export async function confirm(
  name: string,
  { yes, question }: { readonly yes: boolean; readonly question: string },
): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY)
    throw new UsageError(`nobody is here to confirm this: ${question}`, "add --yes to do it without being asked");
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const typed = await prompt.question(`${question}.\nType ${name} to go on: `);
    if (typed.trim() !== name) throw new UsageError("not confirmed: nothing was changed");
  } finally {
    prompt.close();
  }
}
