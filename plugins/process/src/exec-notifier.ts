import { type Alarm, defineNotifier, execError, lastLines } from "@rotate/plugin-kit";
import { checkCommand, commandOptions, runCommand } from "./command.ts";

/** Runs a command for each alarm, which it reads from standard input. Exit 0 means that it was told. */
export const execNotifier = defineNotifier({
  type: "exec",
  options: { type: "object", properties: commandOptions, required: ["command"] },

  check: checkCommand,
  async send(alarm, ctx) {
    const answer = await runCommand(ctx, {
      env: alarmEnv(alarm),
      stdin: `${JSON.stringify({ version: 1, ...alarm })}\n`,
    });
    if (answer.exitCode === 0) return;
    const stderr = lastLines(answer.stderr) === "" ? answer.hide(answer.stdout) : answer.stderr;
    const hint = "run the command by hand with an alarm as JSON on its standard input";
    throw execError(`${ctx.options.command[0]} failed`, { ...answer, stderr }, { hint });
  },
});

/** Enough for a script that reads no JSON. What an issuer said is in it: text, never to be run. */
function alarmEnv({
  id,
  delivery,
  step,
  status,
  host,
  title,
  text,
  rotations,
}: Alarm): Readonly<Record<string, string>> {
  return {
    ROTATE_ALARM_ID: id,
    ROTATE_DELIVERY: delivery,
    ROTATE_STEP: step,
    ROTATE_STATUS: status,
    ROTATE_HOST: host,
    ROTATE_TITLE: title,
    ROTATE_TEXT: text,
    ROTATE_ROTATIONS: rotations.join("\n"),
  };
}
