import { defineProbe, execError } from "@rotate/plugin-kit";
import { commandOptions, runCommand } from "./command.ts";

/** Runs a command; exit 0 means that it works. In `verify` the new credential goes in by `secretEnv` or `stdin`. */
export const execProbe = defineProbe({
  type: "exec",
  options: {
    type: "object",
    properties: {
      ...commandOptions,
      stdin: { type: "string", secret: true, description: "Text for its standard input." },
    },
    required: ["command"],
  },

  async run(ctx) {
    const { command, stdin } = ctx.options;
    const answer = await runCommand(ctx, stdin === undefined ? {} : { stdin: await ctx.resolve(stdin) });
    if (answer.exitCode === 0) return;
    const hint = "run the command by hand with the same environment";
    throw execError(`${command[0]} said no`, answer, { retryable: true, hint });
  },
});
