import { mkdir, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Which CLI it is, and who has logged in with it. */
export interface DatabricksCliOptions {
  /**
   * What an older version lacks: `postgres` (the command group, before January 2026), `ttl` (its flags, before July 2026), `profile-first` (a bundle overrides
   * a profile that is named, too).
   */
  readonly without?: readonly ("postgres" | "ttl" | "profile-first")[];
  /** Refresh tokens of `databricks auth login`, by profile name (or by host, for a login without profile). */
  readonly logins?: Readonly<Record<string, string>>;
}

/**
 * Writes an executable `databricks` into `directory` and returns its path. It behaves as Databricks' CLI does (databricks/cli
 * cmd/workspace/postgres, cmd/auth/token.go) and speaks to whatever host a bundle, its environment or its profile names.
 * @param directory an existing directory, to be put on PATH or named in full
 */
export async function installDatabricksCli(directory: string, options: DatabricksCliOptions = {}): Promise<string> {
  const main = fileURLToPath(new URL(`./main${extname(import.meta.url)}`, import.meta.url));
  const logins = join(directory, "databricks-logins.json");
  const command = join(directory, "databricks");
  await mkdir(directory, { recursive: true });
  await writeFile(logins, JSON.stringify(options.logins ?? {}), { mode: 0o600 });
  const words = [process.execPath, main, (options.without ?? []).join(","), logins].map(quoted).join(" ");
  await writeFile(command, `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  return command;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
