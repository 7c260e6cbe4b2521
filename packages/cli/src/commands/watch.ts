import { Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { countFlag, labelFlag, namesArgument } from "../flags.ts";

/** What `rotate watch` takes and says of itself; actions/watch.ts does it. */
export class Watch extends BaseCommand<typeof Watch> {
  static override summary = "Keep every rotation fresh, for good.";
  static override description = `The daemon. Rotates each credential before it ends, tries again until it succeeds, finishes owed reloads, and reads the spec again when its file changes: a spec that is not valid is reported, and the running one stays.

SIGTERM and Ctrl-C finish what has begun and exit 0; a second one stops at once. SIGHUP reads the spec again, also when it drops many rotations.`;
  static override examples = [
    { description: "in the foreground", command: "<%= config.bin %> watch -f rotate.yaml" },
    { description: "with the page at http://127.0.0.1:9465", command: "<%= config.bin %> watch --listen 9465" },
    { description: "for a log collector", command: "<%= config.bin %> watch --log-format json" },
  ];
  static override args = { names: namesArgument };
  static override flags = {
    once: Flags.boolean({ description: "rotate what is due once and exit, as run does" }),
    concurrency: countFlag("rotations at once (default 16)"),
    label: labelFlag,
    listen: Flags.string({
      helpValue: "[HOST:]PORT",
      description: "serve the page, the API, /metrics, /livez and /readyz; beyond this machine by TLS and token only",
    }),
    "listen-host": Flags.string({
      multiple: true,
      helpValue: "NAME",
      description: "a name by which it may be called, beside its addresses and localhost",
    }),
    "listen-health": Flags.string({
      helpValue: "[HOST:]PORT",
      description: "serve /livez, /readyz and /startupz alone, without names, for everybody",
    }),
  };
  static override enableJsonFlag = false;

  override async run(): Promise<unknown> {
    const { watchSpec } = await import("../actions/index.ts");
    return watchSpec({ ...(await this.input()), version: this.config.version });
  }
}
