/** One child process: calls go in as lines, answers come out. Time, the end of the whole group and every fault are here; what a verb means is not. */
import { type ChildProcess, spawn } from "node:child_process";
import { invalid, type Context, type RotateError } from "@rotate/plugin-kit";
import type { Readable, Writable } from "node:stream";
import { type AskFrame, maxAsks, type Serve, serveAsk, serveOrNote } from "./asks.ts";
import { atExit } from "./at-exit.ts";
import { endFault, notAsked, startFault, tooLate } from "./child-faults.ts";
import { badFrame, errorOf, maxFrame, readFrames, type Frame } from "./frames.ts";
import { logLines } from "./stderr-log.ts";

/** What a call needs of its context. */
export type CallContext = Pick<Context, "signal" | "log" | "env" | "now">;

/** A running program. */
export interface Child {
  /** Asks, and gives what stands under `ok`. Throws what the program said, or what became of it. @param serve what it may ask meanwhile */
  readonly ask: (frame: Frame, signal: AbortSignal, serve?: Serve) => Promise<unknown>;
  /** Tells what needs no answer. */
  readonly tell: (frame: Frame) => void;
  /** Nothing more is asked: its input ends. */
  readonly finish: () => void;
  /** Kills it, group and all. */
  readonly kill: () => void;
  /** False once it has ended, or is about to. */
  readonly isAlive: () => boolean;
  /** True when it ended otherwise than by exiting with 0 while nothing was asked. */
  readonly hasFailed: () => boolean;
}

/** What is started, and how it is spoken to. */
export interface Launch {
  readonly file: string;
  readonly args?: readonly string[];
  readonly cwd: string;
  /** All of its environment. Absent: what programs are given of ours. */
  readonly env?: Readonly<Record<string, string>>;
  /** Our own host of npm plugins: it answers on descriptor 3, may ask the engine for things, and what it writes elsewhere is log. */
  readonly isHost?: true;
  /** Called when it has ended. */
  readonly tidy?: () => void;
}

interface Open {
  readonly serve?: Serve | undefined;
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
  for (const stream of child.stdio)
    if (stream != null && verb in stream) (stream as unknown as Record<typeof verb, () => void>)[verb]();
}

interface Calls {
  readonly size: () => number;
  readonly has: (id: number) => boolean;
  /** What may be asked while it is open. */
  readonly serveOf: (id: number) => Serve | undefined;
  /** A new one. */
  readonly add: (serve: Serve | undefined) => { readonly id: number; readonly promise: Promise<unknown> };
  /** It is over. */
  readonly settle: (id: number) => Open | undefined;
  readonly failAll: (error: RotateError) => void;
}

/** The calls that are open. */
function createCalls(onBusy: (busy: boolean) => void): Calls {
  const open = new Map<number, Open>();
  let next = 1;
  function settle(id: number): Open | undefined {
    const one = open.get(id);
    open.delete(id);
    if (open.size === 0) onBusy(false);
    return one;
  }
  return {
    size: () => open.size,
    has: (id) => open.has(id),
    serveOf: (id) => open.get(id)?.serve,
    add(serve) {
      const id = next++;
      const { promise, ...one } = Promise.withResolvers<unknown>();
      open.set(id, { ...one, serve });
      onBusy(true);
      return { id, promise };
    },
    settle,
    failAll: (error) => [...open.keys()].forEach((id) => settle(id)?.reject(error)),
  };
}

/** Settles the call that a frame answers. Throws BAD_ANSWER for one that answers none. */
function takeAnswer(frame: Frame, calls: Calls): void {
  const { id, ok, error, ...others } = frame;
  if (Object.keys(others).length > 0) throw badFrame("its answer has a key that no answer has");
  if (typeof id !== "number" || !calls.has(id)) throw badFrame("it answered a call that is not open");
  if ("ok" in frame === "error" in frame) throw badFrame("its answer has not one of `ok` and `error`");
  const said = "ok" in frame ? undefined : errorOf(error);
  const call = calls.settle(id);
  if (said === undefined) call?.resolve(ok);
  else call?.reject(said);
}

/** Starts a program in a process group of its own. @param name what it is called in messages */
export function startChild(launch: Launch, { name, log, env, now }: CallContext & { readonly name: string }): Child {
  const { file, args = [], cwd, isHost = false } = launch;
  const given = variables.flatMap((key) => (env[key] === undefined ? [] : [[key, env[key]] as const]));
  const child = spawn(file, [...args], {
    cwd,
    env: launch.env ?? Object.fromEntries(given),
    detached: true,
    stdio: isHost ? ["pipe", "pipe", "pipe", "pipe"] : "pipe",
  });
  const answers = isHost ? (child.stdio[3] as Readable) : child.stdout;
  const calls = createCalls((busy) => {
    hold(child, busy);
    if (!busy) setImmediate(flush); // who asked has told the masker by then
  });
  const about = { name, log, now, isOpen: () => calls.size() > 0 };
  const said = logLines(child.stderr, about);
  const printed = isHost ? logLines(child.stdout, about) : said;
  function flush(): void {
    printed.flush();
    said.flush();
  }
  let asks = 0;
  let fault: RotateError | undefined;
  let ended = false;

  function fail(error: RotateError): void {
    fault ??= error;
    calls.failAll(fault);
    dismiss();
  }
  /** Its number may be another's once it has been buried. */
  function dismiss(): void {
    if (!ended) killGroup(child, "SIGKILL");
  }
  function bury(): void {
    dismiss();
    ended = true;
    stay();
    launch.tidy?.();
  }
  function tell(frame: Frame): void {
    if (child.stdin.writable) child.stdin.write(`${JSON.stringify({ now: now(), ...frame })}\n`);
  }
  function serve(frame: AskFrame): void {
    asks += 1;
    if (asks > maxAsks) throw badFrame(`it asks for more than ${maxAsks} things at once`);
    void answerAsk(frame);
  }
  async function answerAsk(frame: AskFrame): Promise<void> {
    const answer = await serveAsk(frame, calls.serveOf(frame.for));
    asks -= 1;
    tell(answer);
  }
  function take(frame: Frame): void {
    if (isHost && "for" in frame) serveOrNote(frame, { serve, serveOf: calls.serveOf });
    else takeAnswer(frame, calls);
  }
  function terminate(): void {
    if (!ended) killGroup(child, "SIGTERM");
  }
  function leave(): void {
    dismiss();
    launch.tidy?.();
  }
  const stay = atExit(leave);
  readFrames(answers, { onFrame: take, onFault: fail });
  child.stdin.on("error", () => undefined); // its end tells
  child.once("error", (error: NodeJS.ErrnoException) => {
    bury();
    fail(startFault(error.code));
  });
  child.once("exit", bury);
  child.once("close", (code, signal) => {
    flush();
    if (calls.size() > 0 || code !== 0) fail(endFault(code, signal, said.last()));
  });
  hold(child, false);
  return {
    async ask(frame, signal, onAsk) {
      if (fault !== undefined) throw fault;
      const sent = isHost ? { now: now(), ...frame } : frame;
      return askOver(child.stdin, { frame: sent, signal, serve: onAsk, calls, terminate, fail });
    },
    tell,
    finish: () => void child.stdin.end(),
    kill: dismiss,
    isAlive: () => !ended && fault === undefined,
    hasFailed: () => fault !== undefined,
  };
}

interface Asking {
  readonly frame: Frame;
  readonly signal: AbortSignal;
  readonly serve: Serve | undefined;
  readonly calls: Calls;
  readonly terminate: () => void;
  readonly fail: (error: RotateError) => void;
}

/** Writes a call and waits for its answer; at the signal it is cancelled, and a little later the program is killed. */
async function askOver(into: Writable, { frame, signal, serve, calls, terminate, fail }: Asking): Promise<unknown> {
  const room = 32; // of the id, which is not known yet
  if (Buffer.byteLength(JSON.stringify(frame)) > maxFrame - room)
    throw invalid("the call is larger than 1 MiB", "let it write less at once");
  if (signal.aborted) throw notAsked();
  const { id, promise } = calls.add(serve);
  let killer: NodeJS.Timeout | undefined;
  function cancel(): void {
    if (into.writable) into.write(`${JSON.stringify({ cancel: id })}\n`);
    else terminate();
    killer = setTimeout(() => fail(tooLate(String(frame["call"]))), grace);
  }
  signal.addEventListener("abort", cancel, { once: true });
  into.write(`${JSON.stringify({ id, ...frame })}\n`);
  try {
    return await promise;
  } finally {
    clearTimeout(killer);
    signal.removeEventListener("abort", cancel);
  }
}
