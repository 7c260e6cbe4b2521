import type { IssuerSetup } from "@rotate/plugin-kit";
import type { Options } from "./options.ts";

/** The commands that rotate sends, and no others. */
const commands = ["acl|setuser", "acl|deluser", "acl|users", "client|list", "client|kill"];

type Server = Pick<Options, "user" | "persist">;

/** What gives the user that rotate logs in with its rights, and takes all others. Who may set users may become anybody: there is no smaller right. */
export function rightsOf({ user, persist }: Server): string {
  const all = persist === "aclfile" ? [...commands, "acl|save"] : commands;
  return `ACL SETUSER ${user} on resetchannels -@all ${all.map((command) => `+${command}`).join(" ")}`;
}

/** What an administrator runs once on each server. */
export function setupOf(options: Server & Pick<Options, "nodes">): IssuerSetup {
  const { user, persist, nodes } = options;
  const setPassword = `rotate logs in as ${user}; its password is set with: ACL SETUSER ${user} #<SHA-256 of the password, in hex>`;
  return {
    place: `each of ${nodes.join(", ")}, as an administrator`,
    language: "redis",
    notes: [
      persist === "aclfile"
        ? `${setPassword} and then ACL SAVE, for which the server's configuration names an aclfile`
        : `${setPassword}. A restart of the server forgets it, with all users`,
    ],
    statements: [rightsOf(options), ...(persist === "aclfile" ? ["ACL SAVE"] : [])],
  };
}
