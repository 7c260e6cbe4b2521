import { userInfo } from "node:os";

/**
 * The home of the running user: $HOME, else what the passwd entry says, else `/`, which container runtimes give a user without an entry.
 * Node's `homedir` throws for such a user.
 */
export function homeDirectory(env: Readonly<Record<string, string | undefined>>): string {
  return env["HOME"] || passwdHome() || "/";
}

function passwdHome(): string | undefined {
  try {
    return userInfo().homedir;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_SYSTEM_ERROR") return undefined;
    throw error;
  }
}
