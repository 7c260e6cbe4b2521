import { userInfo } from "node:os";
import { isAbsolute } from "node:path";

/**
 * The home of the running user: $HOME when it is absolute, else what the passwd entry says, else `/`, which container runtimes give a user without an entry.
 * Node's `homedir` throws for such a user.
 */
export function homeDirectory(env: Readonly<Record<string, string | undefined>>): string {
  const { HOME: named } = env;
  return named !== undefined && isAbsolute(named) ? named : (passwdHome() ?? "/");
}

function passwdHome(): string | undefined {
  try {
    return userInfo().homedir;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_SYSTEM_ERROR") return undefined;
    throw error;
  }
}
