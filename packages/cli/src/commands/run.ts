import { Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { countFlag, durationFlag, labelFlag, namesArgument } from "../flags.ts";

/** What `rotate run` takes and says of itself; actions/run.ts does it. */
export class Run extends BaseCommand<typeof Run> {
  static override summary = "Finish what is owed and rotate what is due, once.";
  static override description = `For cron, systemd timers and CI. A rotation whose time has not come is left alone, so it may run as often as you like.

Exit codes: 0 all good; 1 a rotation failed, its credential is still valid; 2 usage or spec error; 3 a credential is expired or about to be; 4 published, but a reload or health probe is owed; 5 another process holds a rotation; 6 could not tell.`;
  static override examples = [
    { description: "rotate what is due", command: "<%= config.bin %> run -f rotate.yaml" },
    { description: "rotate one now, due or not", command: "<%= config.bin %> run backstage-db --force" },
    { description: "what would happen", command: "<%= config.bin %> run --dry-run" },
    { description: "from a crontab that runs every five minutes", command: "<%= config.bin %> run -q --every 5m" },
  ];
  static override args = { names: namesArgument };
  static override flags = {
    force: Flags.boolean({ description: "rotate now, due or not" }),
    "dry-run": Flags.boolean({ description: "show the plan; mint and write nothing" }),
    timeout: durationFlag("how long failed attempts are tried again (default 2m)"),
    every: durationFlag("how far apart the runs are, when something starts them regularly"),
    "lock-timeout": durationFlag("how long to wait for another process (default 30s)"),
    concurrency: countFlag("rotations at once (default 16)"),
    label: labelFlag,
    quiet: Flags.boolean({ char: "q", description: "print nothing while all is well (exit code 0)" }),
    "detailed-exit-code": Flags.boolean({ description: "exit 10 instead of 0 when something was rotated" }),
  };

  override async run(): Promise<unknown> {
    const { run } = await import("../actions/quick.ts");
    return run(await this.input());
  }
}
