import { Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { consumerNames } from "../init/consumer-names.ts";

/** What `rotate init` takes and says of itself; actions/init.ts does it. */
export class Init extends BaseCommand<typeof Init> {
  static override summary = "Write a first spec: asks what is needed, and finds the logins of this host.";
  static override description = `Asks how the application gets its credential, who issues it, which login of this host is used, and what makes the application take the new one up; writes a commented spec, checks it, shows the plan and says the next command. A secret is never asked for, only where it is read. A file that is there is never written over.

Each question has a key, and a flag answers it: --set request.endpoint=…, --set provider.auth.clientSecret=env:CLIENT_SECRET (or file:PATH, credential:NAME, exec:COMMAND). With --yes nobody is asked, and what has no answer is told all at once.

Exit codes: 0 written, and every check of the plan passed; 1 written, and a check failed; 2 nothing was written.`;
  static override examples = [
    { description: "at a terminal", command: "<%= config.bin %> init" },
    {
      description: "in a script",
      command:
        "<%= config.bin %> init --yes --consumer dotenv --issuer vault --set request.path=database/creds/app --reload systemd --set reload.unit=app.service",
    },
  ];
  static override flags = {
    consumer: Flags.option({ options: consumerNames, description: "how the application gets its credential" })(),
    issuer: Flags.string({ helpValue: "TYPE", description: "who issues it: the type of a provider" }),
    login: Flags.string({ helpValue: "N|another", description: "which of the logins that were found" }),
    name: Flags.string({ description: "the name of the rotation" }),
    reload: Flags.string({
      helpValue: "TYPE|none",
      description: "what makes the application take the new credential up",
    }),
    set: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: "KEY=VALUE",
      description: "the answer to a question; can be given several times",
    }),
    yes: Flags.boolean({ char: "y", description: "ask nobody: what has no answer is what would be proposed" }),
  };

  override async run(): Promise<unknown> {
    const { init } = await import("../actions/index.ts");
    return init(await this.input(), this.config.root);
  }
}
