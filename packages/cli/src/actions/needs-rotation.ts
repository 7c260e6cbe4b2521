import type { Need } from "@rotate/core";
import { leftOf, span, will } from "../output/time.ts";
import { exitWith, type ActionInput } from "../action.ts";
import { reportFailure } from "../failure.ts";
import { withEngine } from "../with-engine.ts";

const nothingToDo = 1;

/** What systemd's ExecCondition= takes for a failure of the check itself. */
const cannotTell = 255;

/** `quiet`: the exit code is all. */
export interface NeedsRotationFlags {
  readonly quiet?: boolean;
}

/** `due: its refresh time has come`, `not due: 48m left of 1h, refresh in 21m`. */
function verdictText({ due, status }: Need, now: number): string {
  const { code, held, refreshAt } = status;
  const reason = code === "never" ? "it was never rotated" : status.reason;
  if (due) return `due: ${reason ?? "the spec names a sink that nobody has looked at yet"}`;
  if (held === undefined || reason !== undefined) return `not due${reason === undefined ? "" : `: ${reason}`}`;
  const { issuedAt, expiresAt } = held;
  const life = expiresAt === undefined ? "" : ` of ${span(Date.parse(expiresAt) - Date.parse(issuedAt))}`;
  const refresh = refreshAt === undefined ? "" : `, refresh ${will(refreshAt, now)}`;
  return `not due: ${leftOf(expiresAt, now)}${life}${refresh}`;
}

/** `rotate needs-rotation`: answers by the exit code. */
export async function needsRotation(input: ActionInput<NeedsRotationFlags, { readonly name: string }>): Promise<void> {
  const { name } = input.args;
  try {
    await withEngine(input, { reading: true }, async ({ engine, now }) => {
      const need = await engine.needsRotation(name);
      if (!input.flags.quiet) input.terminal.out(verdictText(need, now()));
      exitWith(need.due ? 0 : nothingToDo);
    });
  } catch (error) {
    reportFailure(error, input);
    process.exitCode = cannotTell;
  }
}
