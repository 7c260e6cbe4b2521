/** The commands that rotate sends, and no others. */
const commands = ["acl|setuser", "acl|deluser", "acl|users", "acl|save", "client|list", "client|kill"];

/** What an administrator runs once on each server for the user that rotate logs in with, whose password is set beside. Who may set users may become anybody: there is no smaller right. */
export function rightsOf(user: string): string {
  return `ACL SETUSER ${user} on resetchannels -@all ${commands.map((command) => `+${command}`).join(" ")}`;
}
