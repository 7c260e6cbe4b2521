import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { basename } from "node:path";
import { invalid, type ExecAnswer, type ExecInit, isSecret, RotateError, type Text } from "@rotate/plugin-kit";
import { waitError } from "./clock.ts";
import { childEnv } from "./exec-env.ts";
import { startError } from "./exec-errors.ts";
import { createCompany, endGroup } from "./exec-group.ts";
import { collect, release } from "./exec-output.ts";
import { revealText } from "./reveal.ts";
import type { Masker, Runtime, RuntimeExecInit } from "./types.ts";

/** What running commands needs of the rest of the runtime. */
export interface ExecParts extends Pick<Runtime, "deadline" | "env"> {
  readonly masker: Masker;
}

type Argv = readonly [string, ...string[]];

const defaultTimeout = 30_000;
/** A daemon that the command started may keep its streams open: so long we wait for what is still in the pipes, milliseconds. */
const drainTime = 200;

/** When this process was held up, its timer is over before it came to read: what lies in the pipes (64 KiB a turn) is read first. */
const drainTurns = 20;

async function readOut(): Promise<void> {
  for (let turn = 0; turn < drainTurns; turn++) await new Promise<void>((resolve) => void setImmediate(resolve));
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

/** How a command ended: one of the two is there, unless it could not be started. */
interface End {
  readonly exitCode?: number | null | undefined;
  readonly signal?: NodeJS.Signals | null | undefined;
}

interface Running {
  readonly child: ChildProcess;
  readonly command: string;
  readonly init: ExecInit;
  /** Its end with both streams at theirs. Says why, when it could not be started. Never rejects. */
  readonly ended: Promise<End & { readonly code?: string | undefined }>;
}

function exitCodeOf({ exitCode, signal }: End): number {
  return exitCode ?? 128 + (signal ? constants.signals[signal] : 0);
}

function waitFor({ child, command, init, ended }: Running, signal: AbortSignal): Promise<ExecAnswer> {
  return new Promise((resolve, reject) => {
    function stop(error: unknown): void {
      endGroup(child);
      release(child);
      child.unref();
      reject(error);
    }
    function onExcess(): void {
      const message = `${command} wrote more than 1 MiB`;
      stop(new RotateError(message, { code: "BAD_ANSWER", retryable: false, hint: "make it print less" }));
    }
    const onAbort = (): void => stop(signal.reason);
    const stdout = collect(child.stdout, { ...init, onExcess });
    const stderr = collect(child.stderr, { excess: "drop", onExcess });
    let draining: NodeJS.Timeout | undefined;
    function finish(end: End): void {
      clearTimeout(draining); // a process that has nothing else to do ends at once
      signal.removeEventListener("abort", onAbort);
      resolve({ exitCode: exitCodeOf(end), stdout: stdout(), stderr: stderr() });
      release(child);
    }
    signal.addEventListener("abort", onAbort, { once: true });
    child.once("exit", (exitCode, by) => {
      draining = setTimeout(() => void readOut().then(() => finish({ exitCode, signal: by })), drainTime);
    });
    void ended.then((end) => {
      const isStarted = typeof end.exitCode === "number" || typeof end.signal === "string";
      return isStarted ? finish(end) : reject(startError(end.code, command, init.cwd));
    });
  });
}

function timedOut(command: string, limit: number, signal: AbortSignal): RotateError {
  const hint = "see what it waits for, or give it more time";
  return waitError({ missing: `${command} did not end`, stopped: `stopped ${command}`, hint }, limit, signal);
}

interface Starter extends ExecParts {
  readonly execa: typeof import("./execa.ts").execa;
}

/** Of what execa would do, only the start, the input and the end are used: its errors name the arguments, and its limits end the command alone, not its group. */
function start([file, ...args]: Argv, init: ExecInit, { execa, env, masker }: Starter): Running {
  const ended = execa(file, args, {
    env: { ...childEnv(env, init.env ?? {}, masker) },
    extendEnv: false,
    ...(init.cwd !== undefined && { cwd: init.cwd }),
    ...(init.stdin === undefined ? { stdin: "ignore" } : { input: revealText(init.stdin, masker) }),
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
    encoding: "buffer",
    verbose: "none",
  });
  return { child: ended.nodeChildProcess, command: basename(file), init, ended };
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
      const { execa } = await import("./execa.ts");
      if (deadline.signal.aborted) throw timedOut(command, limit, signal);
      const running = start(argv, init, { ...parts, execa });
      company.join(running.child);
      tell(running.child, init);
      return await waitFor(running, deadline.signal);
    } catch (error) {
      if (deadline.signal.aborted) throw timedOut(command, limit, signal);
      throw error;
    } finally {
      deadline.clear();
    }
  };
}
