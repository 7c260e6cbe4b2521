import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { durationFlag } from "../flags.ts";

/** The exit code of a fault that is ours and not the command's, as `docker run` and `env` have it. */
const ours = 125;

/** What `rotate exec` takes and says of itself; actions/exec.ts does it. */
export class Exec extends BaseCommand<typeof Exec> {
  static override summary = "Run a command with the credential in its environment.";
  static override usage = "exec NAME... [FLAGS] -- COMMAND...";
  static override description = `What the rotations' \`env\` sinks name is added to the environment of the command; what the spec itself logs in with is taken from it. The credential is rotated first when it is due, and kept fresh while the command runs, as watch does. What the command was given is never revoked early.

--on-rotate says what becomes of the command when a credential was replaced: nothing (none); it gets a signal (signal:HUP), to read its --credentials-directory again; it is ended and started anew (restart); or a new one is started beside it, and the old one is ended when the new one is healthy (swap). A command that ends by itself is not started again.

Exit codes: the command's own; 128 and the signal's number when a signal ended it; 125 the fault is rotate's or its spec's, and the command was not started; 126 it could not be run; 127 it was not found.`;
  static override examples = [
    { description: "a job with credentials of its own", command: "<%= config.bin %> exec app-db -- npm run migrate" },
    {
      description: "a job that leaves nothing behind",
      command: "<%= config.bin %> exec deploy --min-remaining 30m --revoke-on-exit -- ./deploy.sh",
    },
    {
      description: "a server that takes over its own port, so that no request is lost",
      command:
        "<%= config.bin %> exec app-db --on-rotate swap --listen 127.0.0.1:8080 --health http://127.0.0.1:8080/health -- node server.js",
    },
  ];
  static override enableJsonFlag = false;
  static override args = {
    names: Args.string({ multiple: true, description: "rotations, by name or glob (quote it)" }),
  };
  static override flags = {
    "on-rotate": Flags.string({
      default: "none",
      helpValue: "none|signal:NAME|restart|swap",
      description: "what becomes of the command when a credential was replaced",
    }),
    health: Flags.string({
      helpValue: "URL|tcp:HOST:PORT|exec:COMMAND",
      description:
        "how it is known that a command works; needed by swap, where a URL has to answer with the header Rotate-Generation: $ROTATE_GENERATION",
    }),
    "health-within": durationFlag("how long a new command may take to be healthy (default 60s)"),
    "stop-signal": Flags.string({ helpValue: "NAME", description: "what ends the command (default TERM)" }),
    "stop-within": durationFlag("how long it may take to end before it is killed (default 30s)"),
    listen: Flags.string({
      multiple: true,
      helpValue: "[NAME=]HOST:PORT",
      description: "an address that is bound once and handed to each command, as systemd does (LISTEN_FDS)",
    }),
    "port-env": Flags.string({
      helpValue: "NAME",
      description:
        "rotate listens at --listen, and passes connections on to a port of each command, told in this variable",
    }),
    "credentials-directory": Flags.boolean({
      description: "files in a private folder, $CREDENTIALS_DIRECTORY, instead of variables; renewed in place",
    }),
    "min-remaining": durationFlag("refuse to start with a credential that lives less than this"),
    endpoints: Flags.boolean({
      default: true,
      allowNo: true,
      description: "open the endpoints that serve the rotations, and tell the command where they are",
    }),
    "revoke-on-exit": Flags.boolean({ description: "revoke the credentials when the command has ended" }),
  };

  override async run(): Promise<void> {
    const cut = this.argv.indexOf("--");
    const command = cut === -1 ? [] : this.argv.slice(cut + 1);
    this.argv = cut === -1 ? this.argv : this.argv.slice(0, cut);
    const { exec } = await import("../actions/index.ts");
    const { args, ...input } = await this.input();
    await exec({ ...input, args: { names: args.names ?? [], command } });
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    if (error !== undefined) process.exitCode = ours;
  }
}
