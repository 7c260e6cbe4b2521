/** One child process: calls go in as lines, answers come out. Time, the end of the whole group and every fault are here; what a verb means is not. */
import { type ChildProcess, spawn } from "node:child_process";
import { dirname } from "node:path";
import { invalid, RotateError, type Context } from "@rotate/plugin-kit";
import { badFrame, errorOf, maxFrame, readFrames, type Frame } from "./frames.ts";
import { logLines } from "./stderr-log.ts";

/** What a call needs of its context. */
export type CallContext = Pick<Context, "signal" | "log" | "env" | "now">;

/** A running program. */
export interface Child {
  /** Asks, and gives what stands under `ok`. Throws what the program said, or what became of it. */
  readonly ask: (frame: Frame, signal: AbortSignal) => Promise<unknown>;
  /** Nothing more is asked: its input ends. */
  readonly finish: () => void;
  /** Kills it, group and all. */
  readonly kill: () => void;
  /** False once it has ended, or is about to. */
  readonly isAlive: () => boolean;
  /** True when it ended otherwise than by exiting with 0 while nothing was asked. */
  readonly hasFailed: () => boolean;
}

interface Open {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** From `cancel` to SIGKILL, milliseconds. */
const grace = 2000;

/** What a program is given of our environment: no login, nothing that makes it load something. */
const variables = [
  ..."PATH HOME USER LOGNAME LANG LC_ALL LC_CTYPE TMPDIR TZ SSL_CERT_FILE SSL_CERT_DIR".split(" "),
  ..."HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy".split(" "),
];

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // ESRCH: all of it has ended. EPERM: what is left runs as somebody else, and only they can end it.
    if (!["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** While nothing is asked, a program keeps no command from ending. */
function hold(child: ChildProcess, busy: boolean): void {
  const verb = busy ? "ref" : "unref";
  child[verb]();
  for (const stream of [child.stdin, child.stdout, child.stderr])
    if (stream !== null && verb in stream) (stream as unknown as Record<typeof verb, () => void>)[verb]();
}

/** Starts a program in a process group of its own, in the folder that it lies in. @param name what it is called in messages */
export function startChild(file: string, { name, log, env, now }: CallContext & { readonly name: string }): Child {
  const given = variables.flatMap((key) => (env[key] === undefined ? [] : [[key, env[key]] as const]));
  const child = spawn(file, [], { cwd: dirname(file), env: Object.fromEntries(given), detached: true, stdio: "pipe" });
  const lastLine = logLines(child.stderr, { name, log, now });
  const open = new Map<number, Open>();
  let next = 1;
  let fault: RotateError | undefined;
  let ended = false;

  const onExit = (): void => killGroup(child, "SIGKILL");
  process.on("exit", onExit);

  function settle(id: number): Open | undefined {
    const one = open.get(id);
    open.delete(id);
    if (open.size === 0) hold(child, false);
    return one;
  }
  function fail(error: RotateError): void {
    fault ??= error;
    for (const id of open.keys()) settle(id)?.reject(fault);
    killGroup(child, "SIGKILL");
  }
  function take(frame: Frame): void {
    const { id, ok, error, ...others } = frame;
    if (Object.keys(others).length > 0) return fail(badFrame("its answer has a key that no answer has"));
    if (typeof id !== "number" || !open.has(id)) return fail(badFrame("it answered a call that is not open"));
    if ("ok" in frame === "error" in frame) return fail(badFrame("its answer has not one of `ok` and `error`"));
    if ("ok" in frame) return settle(id)?.resolve(ok);
    const said = errorOf(error);
    if (said.code === "BAD_ANSWER" && said.hint?.startsWith("a fault of the plugin")) return fail(said);
    settle(id)?.reject(said);
  }
  readFrames(child.stdout, { onFrame: take, onFault: fail });
  child.stdin.on("error", () => undefined); // its end tells
  child.once("error", (error: NodeJS.ErrnoException) => {
    ended = true;
    process.off("exit", onExit);
    fail(startFault(error.code));
  });
  child.once("exit", () => {
    ended = true;
    process.off("exit", onExit);
    killGroup(child, "SIGKILL");
  });
  child.once("close", (code, signal) => {
    if (open.size > 0 || code !== 0) fail(endFault(code, signal, lastLine()));
  });
  hold(child, false);

  async function ask(frame: Frame, signal: AbortSignal): Promise<unknown> {
    if (fault !== undefined) throw fault;
    const id = next++;
    const line = `${JSON.stringify({ id, ...frame })}\n`;
    if (Buffer.byteLength(line) > maxFrame) throw invalid("the call is larger than 1 MiB", "let it write less at once");
    if (signal.aborted) throw signal.reason;
    const answer = Promise.withResolvers<unknown>();
    open.set(id, answer);
    hold(child, true);
    let killer: NodeJS.Timeout | undefined;
    function cancel(): void {
      if (child.stdin.writable) child.stdin.write(`${JSON.stringify({ cancel: id })}\n`);
      else killGroup(child, "SIGTERM");
      killer = setTimeout(() => fail(tooLate(String(frame["call"]))), grace);
    }
    signal.addEventListener("abort", cancel, { once: true });
    child.stdin.write(line);
    try {
      return await answer.promise;
    } finally {
      clearTimeout(killer);
      signal.removeEventListener("abort", cancel);
    }
  }
  return {
    ask,
    finish: () => void child.stdin.end(),
    kill: () => killGroup(child, "SIGKILL"),
    isAlive: () => !ended && fault === undefined,
    hasFailed: () => fault !== undefined,
  };
}

function startFault(code: string | undefined): RotateError {
  const hint = "is it executable (chmod +x), and is the interpreter of its first line installed?";
  return new RotateError(`it could not be started (${code ?? "unknown"})`, {
    code: "NOT_FOUND",
    retryable: false,
    hint,
  });
}

function tooLate(call: string): RotateError {
  const hint = "see what it waits for; whether it had an effect is not known";
  return new RotateError(`it neither answered ${call} in time nor the cancellation`, {
    code: "TIMEOUT",
    retryable: true,
    hint,
  });
}

/** It may have done what it was asked for before it ended. */
function endFault(code: number | null, signal: NodeJS.Signals | null, said: string | undefined): RotateError {
  const last = said === undefined ? "" : `: ${said.length > 500 ? "(a long line)" : said}`;
  const how = signal ?? `exit code ${code}`;
  const isBusy = code === 75;
  return new RotateError(`it ended without an answer (${how})${last}`, {
    code: isBusy ? "UNAVAILABLE" : "FAILED",
    retryable: isBusy,
    noEffect: false,
    hint: "its lines on standard error stand in the log",
  });
}
