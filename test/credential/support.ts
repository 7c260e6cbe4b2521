import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { compiled } from "../support/compiled.ts";
import { packedCommandLine } from "../support/packed.ts";

export const { entry } = packedCommandLine();

/** A folder with these files, gone with the test. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "rotate-credential-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Asking {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts `rotate credential` with the state in the folder. */
export function startAsking(
  folder: string,
  argv: readonly string[],
  ...[env = {}, input]: readonly [env?: Readonly<Record<string, string | undefined>>, input?: string]
): Asking {
  const own = { PATH: process.env["PATH"], HOME: folder, ROTATE_STATE_DIR: join(folder, "state") };
  const child = spawn(process.execPath, [entry, "credential", ...argv], {
    cwd: folder,
    env: { ...own, NODE_COMPILE_CACHE: compiled, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => undefined); // who does not read it
  child.stdin.end(input);
  const code = new Promise<number | null>((resolve) => child.on("close", resolve));
  const ended = Promise.all([text(child.stdout), text(child.stderr), code]).then(([stdout, stderr, exit]) => ({
    code: exit,
    stdout,
    stderr,
  }));
  return { child, ended };
}

export function ask(...call: Parameters<typeof startAsking>): Promise<Ended> {
  return startAsking(...call).ended;
}
