import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { durationFlag } from "../flags.ts";

/** What `rotate credential` takes and says of itself; actions/credential.ts does it. */
export class Credential extends BaseCommand<typeof Credential> {
  static override summary = "Print the current credential, for programs that ask for theirs.";
  static override description = `The secret goes to standard output in the clear, and nothing else does. A credential that is due is rotated first; then its values come from a sink that holds them as they are, from the cache (\`cache: true\` of the rotation), else they are minted anew, once for all who wait. What was printed is never revoked early.

Exit codes: 0 printed; 1 there is none, its rotation failed and it is over, or with --strict less is left than was asked for; 2 usage or spec error; 5 another process is at work on it for too long; 6 could not tell.`;
  static override examples = [
    {
      description: "in ~/.aws/config: the SDKs ask whenever they need to",
      command:
        "credential_process = <%= config.bin %> credential app-aws -f /etc/rotate.yaml --format aws-credential-process",
    },
    {
      description: "in ~/.gitconfig: git asks for each request to the server",
      command: 'helper = "!<%= config.bin %> credential github -f /etc/rotate.yaml --format git --host github.com"',
    },
    {
      description: "for a request by hand",
      command:
        'curl -H "Authorization: Bearer $(<%= config.bin %> credential api --format token)" https://api.example.com',
    },
    {
      description: "for a shell",
      command: 'set -a; eval "$(<%= config.bin %> credential app-aws --format env)"; set +a',
    },
  ];
  static override enableJsonFlag = false;
  static override args = {
    name: Args.string({ required: true, description: "the rotation" }),
    action: Args.string({ description: "what docker and git add: get, list, store or erase" }),
  };
  static override flags = {
    format: Flags.option({
      options: [
        "aws-credential-process",
        "exec-credential",
        "token",
        "env",
        "json",
        "pgpass",
        "docker",
        "git",
      ] as const,
      required: true,
      description: "in whose words",
    })(),
    field: Flags.string({ helpValue: "NAME", description: "the field that is the token or the password" }),
    host: Flags.string({
      helpValue: "NAME",
      description: "the server that it is for: nobody else is given it (docker, git), or stands in the line (pgpass)",
    }),
    user: Flags.string({
      helpValue: "NAME",
      description: "the user's name, where the credential has none (docker, git, pgpass)",
    }),
    "min-remaining": durationFlag(
      "how long it must still live, at least while half of its life lasts (default 20m for AWS, else 0s)",
    ),
    strict: Flags.boolean({ description: "fail (exit 1) when less is left than --min-remaining asks for" }),
    "lock-timeout": durationFlag("how long to wait for another process (default 1m)"),
  };

  override async run(): Promise<void> {
    const { credential } = await import("../actions/quick.ts");
    await credential(await this.input());
  }
}
