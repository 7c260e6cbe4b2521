import { Flags } from "@oclif/core";

/** What `rotate systemd print` and `install` are told of the units. */
export const unitFlags = {
  timer: Flags.string({ helpValue: "DURATION", description: "a timer that runs it so often, instead of the daemon" }),
  user: Flags.string({ helpValue: "NAME", description: "who runs it; default: root" }),
  name: Flags.string({ helpValue: "NAME", default: "rotate", description: "the name of the units" }),
  listen: Flags.string({ helpValue: "ADDRESS", description: "--listen of the daemon" }),
  program: Flags.string({ helpValue: "PATH", description: "the rotate that the unit starts; default: this one" }),
};
