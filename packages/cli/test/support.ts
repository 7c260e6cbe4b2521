import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { compiled } from "../../../test/support/compiled.ts";
import { packedCommandLine } from "../../../test/support/packed.ts";

/** The command line's entry, in the package: it starts in a quarter of the time that the sources need. */
export const { entry } = packedCommandLine();

export interface Result {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Options {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
  /** The Node to run it with. */
  readonly node?: string;
  /** Default: the package's entry. */
  readonly program?: string;
}

/** A fresh folder with these files, removed after the test. */
export function folderWith(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "rotate-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** Starts `rotate` with its state and its home in the folder. */
export function start(
  argv: readonly string[],
  { cwd, env, node = process.execPath, program = entry }: Options,
): ChildProcess {
  const own = {
    PATH: process.env["PATH"],
    HOME: cwd,
    ROTATE_STATE_DIR: join(cwd, "state"),
    NODE_COMPILE_CACHE: compiled,
  };
  return spawn(node, [program, ...argv], { cwd, env: { ...own, ...env }, stdio: ["pipe", "pipe", "pipe"] });
}

/** What a process says and how it ends. */
export function resultOf(child: ChildProcess): Promise<Result> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({ code: code ?? undefined, signal: signal ?? undefined, stdout, stderr }),
    );
  });
}

/** Runs `rotate` to its end. */
export function rotate(argv: readonly string[], options: Options): Promise<Result> {
  const child = start(argv, options);
  child.stdin?.end(options.stdin);
  return resultOf(child);
}

/** Resolves when the process has said this on standard error. */
export function said(child: ChildProcess, text: string): Promise<void> {
  let heard = "";
  return new Promise((resolve, reject) => {
    child.stderr?.on("data", (chunk: Buffer) => {
      heard += chunk.toString();
      if (heard.includes(text)) resolve();
    });
    child.on("close", () => reject(new Error(`ended without saying "${text}": ${heard}`)));
  });
}
