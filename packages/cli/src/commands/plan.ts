import { Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { namesArgument } from "../flags.ts";

/** What `rotate plan` takes and says of itself; actions/plan.ts does it. */
export class Plan extends BaseCommand<typeof Plan> {
  static override summary = "Show what a run would do, and whether it could.";
  static override description = `Says what is due and why, which keys of which sinks would change, what is reloaded and in which order, and what becomes of the previous credential. Checks provider and sinks. Mints nothing and writes nothing.

Exit codes: 0 every check passed; 1 a check failed; 2 usage or spec error; 6 could not tell.`;
  static override examples = [
    { description: "the whole spec", command: "<%= config.bin %> plan -f rotate.yaml" },
    { description: "for a script", command: "<%= config.bin %> plan --json | jq '.rotations[] | select(.due).name'" },
  ];
  static override args = { names: namesArgument };
  static override flags = {
    all: Flags.boolean({ description: "on a terminal too: each rotation that is well and not due" }),
    "resolve-exec": Flags.boolean({ description: "also run the commands of { exec: … } references" }),
  };

  override async run(): Promise<unknown> {
    const { plan } = await import("../actions/index.ts");
    return plan(await this.input());
  }
}
