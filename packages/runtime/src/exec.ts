import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { basename } from "node:path";
import { type ExecAnswer, type ExecInit, isSecret, RotateError, type Text } from "@rotate/plugin-kit";
import { waitError } from "./clock.ts";
import { childEnv } from "./exec-env.ts";
import { startError } from "./exec-errors.ts";
import { revealText } from "./reveal.ts";
import type { Masker, Runtime, RuntimeExecInit } from "./types.ts";

/** What running commands needs of the rest of the runtime. */
export interface ExecParts extends Pick<Runtime, "deadline" | "env"> {
  readonly masker: Masker;
}

type Argv = readonly [string, ...string[]];

const maxOutput = 1024 * 1024;
const defaultTimeout = 30_000;
/** Between SIGTERM and SIGKILL, milliseconds. */
const killGrace = 2000;
/** A daemon that the command started may keep its streams open: so long we wait for what is still in the pipes, milliseconds. */
const drainTime = 200;

function invalid(message: string, hint: string): RotateError {
  return new RotateError(message, { code: "INVALID", retryable: false, hint });
}

/** Everybody on the machine can read an argument list. */
function checkArgv(argv: Argv, masker: Masker): void {
  if (argv.some((argument: Text) => isSecret(argument) || masker.holdsSecret(argument))) {
    throw invalid(`an argument of ${basename(argv[0])} holds a secret`, "hand it over by stdin or env");
  }
  if (argv.some((argument) => argument.includes("\0"))) {
    throw invalid(`an argument of ${basename(argv[0])} holds a NUL character`, "take it out");
  }
}

/** The whole process group: what the command started goes with it. */
function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  if (process.platform === "win32") return void child.kill(signal);
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // ESRCH: all of it has ended. EPERM: what is left runs as somebody else, and only they can end it.
    if (!["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** SIGTERM; then SIGKILL for what is left of the group once its leader has gone, or a little later. */
function endGroup(child: ChildProcess): void {
  const timer = setTimeout(() => killGroup(child, "SIGKILL"), killGrace);
  child.once("exit", () => {
    clearTimeout(timer);
    killGroup(child, "SIGKILL");
  });
  killGroup(child, "SIGTERM");
}

/** Gathers one stream; `onFull` is called when it grows past the cap. */
function collect(stream: NodeJS.ReadableStream | null, onFull: () => void): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream?.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxOutput) onFull();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString();
}

function feed(child: ChildProcess, stdin: string | undefined): void {
  if (stdin === undefined) return;
  // A command that ends without reading its input is judged by its exit code, not by the broken pipe.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(stdin);
}

/** Lets go of streams that a daemon still holds, without breaking them under it. */
function release(child: ChildProcess): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    stream.removeAllListeners("data").resume();
    if ("unref" in stream && typeof stream.unref === "function") stream.unref();
  }
}

function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

interface Running {
  readonly child: ChildProcess;
  readonly command: string;
  readonly cwd: string | undefined;
}

function waitFor({ child, command, cwd }: Running, signal: AbortSignal): Promise<ExecAnswer> {
  return new Promise((resolve, reject) => {
    function stop(error: unknown): void {
      endGroup(child);
      release(child);
      child.unref();
      reject(error);
    }
    function onFull(): void {
      const message = `${command} wrote more than 1 MiB`;
      stop(new RotateError(message, { code: "BAD_ANSWER", retryable: false, hint: "make it print less" }));
    }
    const onAbort = (): void => stop(signal.reason);
    const stdout = collect(child.stdout, onFull);
    const stderr = collect(child.stderr, onFull);
    function finish(code: number | null, by: NodeJS.Signals | null): void {
      signal.removeEventListener("abort", onAbort);
      resolve({ exitCode: exitCodeOf(code, by), stdout: stdout(), stderr: stderr() });
      release(child);
    }
    signal.addEventListener("abort", onAbort, { once: true });
    child.once("error", (error) => reject(startError(error, command, cwd)));
    child.once("close", finish);
    child.once("exit", (code, by) => setTimeout(() => finish(code, by), drainTime).unref());
  });
}

function timedOut(command: string, limit: number, signal: AbortSignal): RotateError {
  const hint = "see what it waits for, or give it more time";
  return waitError({ missing: `${command} did not end`, stopped: `stopped ${command}`, hint }, limit, signal);
}

function start(argv: Argv, init: ExecInit, parts: ExecParts): Running {
  const { spawn } = process.getBuiltinModule("node:child_process");
  const [file, ...args] = argv;
  const command = basename(file);
  const stdin = init.stdin === undefined ? undefined : revealText(init.stdin, parts.masker);
  const child = spawn(file, args, {
    env: { ...childEnv(parts.env, init.env ?? {}, parts.masker) },
    cwd: init.cwd,
    detached: true,
    shell: false,
    windowsHide: true,
    stdio: [stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  feed(child, stdin);
  return { child, command, cwd: init.cwd };
}

/** Remembers commands in work: when this process stops dead (a second Ctrl-C) they are asked to end too, group and all, for they hear no terminal. */
function createCompany(): { readonly join: (child: ChildProcess) => void } {
  const company = new Set<ChildProcess>();
  function dismiss(): void {
    for (const child of company) killGroup(child, "SIGTERM");
  }
  function leave(child: ChildProcess): void {
    company.delete(child);
    if (company.size === 0) process.off("exit", dismiss);
  }
  return {
    join(child) {
      if (company.size === 0) process.on("exit", dismiss);
      company.add(child);
      child.once("exit", () => leave(child));
      child.once("error", () => leave(child));
    },
  };
}

function tell(child: ChildProcess, { onStart, onEnd }: RuntimeExecInit): void {
  const { pid } = child;
  if (pid === undefined) return;
  onStart?.(pid);
  child.once("exit", () => onEnd?.(pid));
}

/** `Runtime.exec` with real processes, each in a group of its own. See `Exec` of the plugin kit for what it promises. */
export function createExec(parts: ExecParts): Runtime["exec"] {
  const company = createCompany();
  return async (argv, init, signal) => {
    checkArgv(argv, parts.masker);
    const command = basename(argv[0]);
    const limit = init.timeout ?? defaultTimeout;
    const deadline = parts.deadline(limit, signal);
    try {
      if (deadline.signal.aborted) throw timedOut(command, limit, signal);
      const running = start(argv, init, parts);
      company.join(running.child);
      tell(running.child, init);
      return await waitFor(running, deadline.signal);
    } catch (error) {
      if (deadline.signal.aborted) throw timedOut(command, limit, signal);
      throw error instanceof RotateError ? error : startError(error, command, init.cwd);
    } finally {
      deadline.clear();
    }
  };
}
