import { exitWith, type ActionInput } from "../action.ts";
import { reportFailure } from "../failure.ts";
import { withEngine } from "../with-engine.ts";

const nothingToDo = 1;

/** What systemd's ExecCondition= takes for a failure of the check itself. */
const cannotTell = 255;

/** `rotate needs-rotation`: answers by the exit code. */
export async function needsRotation(input: ActionInput<object, { readonly name: string }>): Promise<void> {
  try {
    await withEngine(input, { reading: true }, async ({ engine }) => {
      const verdict = await engine.needsRotation(input.args.name);
      input.terminal.out(verdict);
      exitWith(verdict === "due" ? 0 : nothingToDo);
    });
  } catch (error) {
    reportFailure(error, input);
    process.exitCode = cannotTell;
  }
}
