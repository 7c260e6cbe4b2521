import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Context, type Prepared, RotateError } from "@rotate/plugin-kit";
import { onTestFinished } from "vitest";

export * from "./tools.ts";

/** A directory of the test's own, 0755, gone afterwards. */
export function freshDirectory(): string {
  const base = mkdtempSync(join(tmpdir(), "rotate-files-"));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  const directory = join(base, "app");
  mkdirSync(directory, { mode: 0o755 });
  return directory;
}

/** `stageFile` never looks at the context of a commit or undo: it has its own tools. */
const context = {} as Context;

export const commit = (prepared: Prepared): Promise<void> => prepared.commit(context);
export const undo = async (prepared: Prepared): Promise<void> => prepared.undo?.(context);

export const text = (path: string): string => readFileSync(path, "utf8");
export const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8).padStart(4, "0");
export const orphans = (directory: string): readonly string[] =>
  readdirSync(directory).filter((name) => name.startsWith(".rotate-tmp-"));

/** The promise's RotateError; fails the test when there is none. */
export async function faultOf(promise: Promise<unknown>): Promise<RotateError> {
  const error = await promise.then(
    () => undefined,
    (fault: unknown) => fault,
  );
  if (error instanceof RotateError) return error;
  throw new Error("expected a RotateError", { cause: error });
}

const isRoot = process.geteuid?.() === 0;

/** What this machine and user can do, for tests of what only a real kernel shows. */
export const can = {
  root: isRoot,
  mount: isRoot && spawnSync("unshare", ["-m", "true"]).status === 0,
  immutable: isRoot && spawnSync("lsattr", ["-d", tmpdir()]).status === 0,
};

/** Mounts for the rest of the test. */
export function mount(...words: string[]): void {
  const target = words.at(-1) ?? "";
  if (spawnSync("mount", words).status !== 0) throw new Error(`cannot mount ${target}`);
  onTestFinished(() => void spawnSync("umount", ["-l", target]));
}
