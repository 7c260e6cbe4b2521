import { accessSync, constants, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A private folder with a file for each value. */
export interface CredentialsDirectory {
  readonly path: string;
  /** Each file is replaced at once: who reads has the old text or the new. */
  readonly write: (values: Readonly<Record<string, string>>) => void;
  readonly remove: () => void;
}

/** Makes it (0700) in memory where the machine has such a place, else among the temporary files. */
export function openCredentialsDirectory(env: NodeJS.ProcessEnv): CredentialsDirectory {
  const above = [env["XDG_RUNTIME_DIR"], "/dev/shm"].find(isWritable) ?? tmpdir();
  const path = mkdtempSync(join(above, "rotate-exec-"));
  return {
    path,
    write(values) {
      for (const [name, text] of Object.entries(values)) {
        const staged = join(path, `.${name}.new`);
        writeFileSync(staged, text, { mode: 0o600 });
        renameSync(staged, join(path, name));
      }
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

function isWritable(path: string | undefined): path is string {
  if (path === undefined || path === "") return false;
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
