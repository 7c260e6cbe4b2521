import { constants } from "node:fs";
import { access, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { invalid } from "@rotate/plugin-kit";
import type { Ctx } from "../options.ts";

/** A file of one of these names in the working directory, or above it, sends the CLI to the workspace that it names (databricks/cli bundle/config/filename.go). */
const bundleFiles = ["databricks.yml", "databricks.yaml", "bundle.yml", "bundle.yaml"] as const;

/**
 * Runs `use` with an empty directory that nobody else may enter, and removes it. It stands where no bundle is above it. Throws INVALID when there is no such
 * place.
 */
export async function withPrivateDirectory<T>(use: (directory: string) => Promise<T>, ctx: Ctx): Promise<T> {
  const directory = await makeDirectory([ctx.env["XDG_RUNTIME_DIR"] ?? "", tmpdir()].filter((path) => path !== ""));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function makeDirectory([base, ...others]: readonly string[], found = ""): Promise<string> {
  if (base === undefined) throw bundleAbove(found);
  const path = await realpath(base).catch(() => undefined);
  const bundle = path === undefined ? undefined : await bundleIn(path);
  if (path !== undefined && bundle === undefined) {
    const made = await mkdtemp(join(path, "rotate-databricks-")).catch(() => undefined);
    if (made !== undefined) return made;
  }
  return makeDirectory(others, bundle ?? found);
}

/** The nearest bundle in the directory or above it. */
async function bundleIn(directory: string): Promise<string | undefined> {
  for (const name of bundleFiles) {
    const path = join(directory, name);
    const there = await access(path, constants.F_OK).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  const parent = dirname(directory);
  return parent === directory ? undefined : bundleIn(parent);
}

function bundleAbove(path: string): Error {
  if (path === "") return invalid("there is no place for temporary files", "set TMPDIR to a directory of this user");
  const hint = `move ${path} away, set TMPDIR to a directory without a bundle above it, or use method http`;
  return invalid(`${path} would send the Databricks CLI to another workspace`, hint);
}
