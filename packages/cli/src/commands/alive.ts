import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";

/** What `rotate alive` takes and says of itself; actions/alive.ts does it. */
export class Alive extends BaseCommand<typeof Alive> {
  static override summary = "Ask a running watch on its health port whether it lives: for a container's health check.";
  static override description = `Asks \`/livez\` of \`rotate watch --listen-health\`, and reads no spec: neither an issuer that is down nor a spec that was just broken makes a watch dead that does its work. With --started it asks \`/startupz\`: has every rotation a credential that works? For an application that must not start without.

Exit codes: 0 it lives; 1 it hangs (or waits for a credential), or nobody answers within three seconds; 2 usage.`;
  static override examples = [
    { description: "a health check where there is no curl", command: "<%= config.bin %> alive 9466" },
  ];
  static override args = {
    address: Args.string({ required: true, description: "[HOST:]PORT, as given to --listen-health" }),
  };

  static override flags = {
    started: Flags.boolean({ description: "ask whether every rotation has a credential that works" }),
  };

  override async run(): Promise<unknown> {
    const { alive } = await import("../actions/index.ts");
    return alive(await this.input());
  }
}
