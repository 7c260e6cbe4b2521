import { defineReload, execError, lastLines, type ReloadEvent } from "@rotate/plugin-kit";
import { checkCommand, commandOptions, runCommand } from "./command.ts";

/** Runs a command after the sinks were written. Exit 0 means that the consumer has the new credential, unless `adopts: false` says that it was only told. */
export const execReload = defineReload({
  type: "exec",
  start: { title: "a command is run" },
  options: {
    type: "object",
    properties: {
      ...commandOptions,
      adopts: {
        type: "boolean",
        default: true,
        description:
          "Does success show that the consumer holds the new credential? Else the previous one is left to expire.",
      },
    },
    required: ["command"],
  },

  adopts: ({ adopts }) => adopts,
  check: checkCommand,
  async run(event, ctx) {
    const answer = await runCommand(ctx, { env: eventEnv(event) });
    if (answer.exitCode === 0) return;
    const stderr = lastLines(answer.stderr) === "" ? answer.hide(answer.stdout) : answer.stderr;
    throw execError(
      `${ctx.options.command[0]} failed`,
      { ...answer, stderr },
      {
        hint: "run the command by hand; it must bear being repeated",
      },
    );
  },
});

/** What the command learns of the event: text, no secret. ROTATE_WRITTEN has one target per line, ROTATE_EVENT the whole event as JSON. */
function eventEnv(event: ReloadEvent): Readonly<Record<string, string>> {
  const expiresAt = event.expiresAt === "never" ? "never" : event.expiresAt.toISOString();
  return {
    ROTATE_ROTATION: event.rotation,
    ROTATE_REASON: event.reason,
    ROTATE_FINGERPRINT: event.fingerprint,
    ROTATE_EXPIRES_AT: expiresAt,
    ROTATE_WRITTEN: event.written.map(({ target }) => target).join("\n"),
    ROTATE_EVENT: JSON.stringify({ ...event, expiresAt }),
  };
}
