/** What Go compiles of itself for plugins in Go: once on a machine, in a folder that git ignores. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./workspace.ts";

/** For GOCACHE. */
export const goCache = join(root, ".cache/test-tools/go-build");

/** Compiles it, unless that was done: why not is what comes back. */
export function warmGo(): string {
  const env = { ...process.env, GOCACHE: goCache, GOTOOLCHAIN: "local" };
  const { status, error } = spawnSync("go", ["build", "bufio", "encoding/json", "net/http"], { env, stdio: "ignore" });
  if (error !== undefined) return "not here: there is no Go";
  return status === 0 ? "there" : `not to be had: go build ended with ${status}`;
}
