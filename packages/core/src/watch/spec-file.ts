import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

/** How often the file is compared by content, for changes that no event tells of (a symbolic link further up that was swapped). ms */
const compareEvery = 15_000;

/** Calls `changed` when the file's content may have changed: edited in place, replaced, or reached through another link. Returns how to stop. */
export async function watchSpecFile(path: string, changed: () => void): Promise<() => Promise<void>> {
  const { watch } = await import("chokidar");
  const watcher = watch(path, { ignoreInitial: true, awaitWriteFinish: { stabilityThreshold: 100, pollInterval: 20 } });
  let known = await digestOf(path);

  async function compare(): Promise<void> {
    const now = await digestOf(path);
    if (now === known || now === undefined) return;
    known = now;
    changed();
  }

  const timer = setInterval(() => void compare(), compareEvery);
  timer.unref();
  watcher.on("all", () => void compare());
  return async () => {
    clearInterval(timer);
    await watcher.close();
  };
}

/** Undefined while there is no readable file: a moment between unlink and create is no change. */
async function digestOf(path: string): Promise<string | undefined> {
  try {
    return createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
  } catch {
    return undefined;
  }
}
