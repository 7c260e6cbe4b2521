import { Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { countFlag, namesArgument } from "../flags.ts";

/** What `rotate history` takes and says of itself; actions/history.ts does it. */
export class History extends BaseCommand<typeof History> {
  static override summary =
    "Show what was tried and what happened beside it: when, why, how it ended, and what failed.";
  static override description = `The newest stands last. Attempts, revocations, renewals that failed, attempts that were cut off, and each change of how a rotation stands. Failures in a row for one reason are one line. With one name it ends with how that rotation stands now: why it was not rotated is there. Credentials appear by fingerprint only.

The last 500 attempts and the last 500 events of each rotation are kept.`;
  static override examples = [
    { description: "the last twenty of all rotations", command: "<%= config.bin %> history" },
    {
      description: "why one was not rotated last night",
      command: "<%= config.bin %> history backstage-db --since 12h",
    },
    { description: "what failed in a week", command: "<%= config.bin %> history --since 7d --outcome failed --all" },
    { description: "all that is kept, for another program", command: "<%= config.bin %> history --jsonl" },
  ];
  static override args = { names: namesArgument };
  static override flags = {
    limit: countFlag("lines, the newest (default 20)"),
    since: Flags.string({ helpValue: "TIME", description: "not before: how long ago (24h), or an instant" }),
    until: Flags.string({ helpValue: "TIME", description: "before: how long ago, or an instant" }),
    outcome: Flags.option({
      options: ["rotated", "renewed", "reused", "failed", "reload-owed", "expired"] as const,
      multiple: true,
      description: "only attempts that ended so",
    })(),
    all: Flags.boolean({ description: "a line for each, also for the same failure again and again" }),
    jsonl: Flags.boolean({
      description: "one JSON object a line, rotation by rotation, the oldest first; all that is kept without --limit",
      exclusive: ["json"],
    }),
  };

  override async run(): Promise<unknown> {
    const { history } = await import("../actions/index.ts");
    return history(await this.input());
  }
}
