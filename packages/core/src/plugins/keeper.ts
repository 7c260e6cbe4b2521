/** Keeps one child of a plugin while it is used, and starts another when it is gone; held against `rotate.lock` before each start. */
import { isDeepStrictEqual } from "node:util";
import { beforehand, invalid, RotateError } from "@rotate/plugin-kit";
import type { Serve } from "./asks.ts";
import { type CallContext, type Child, type Launch, startChild } from "./child.ts";
import type { Frame } from "./frames.ts";
import type { Told } from "./specimen.ts";

/** What a plugin is, and how it is found again before each start. */
export interface ProgramOptions {
  readonly name: string;
  readonly told: Told;
  /** Throws when it is not what was approved. */
  readonly find: () => Promise<{ readonly launch: () => Launch; readonly told: Told }>;
  /** What a child that has just been started says of itself. */
  readonly ask: (child: Child, signal: AbortSignal) => Promise<Told>;
  /** So many starts after faults in a minute; default 3. */
  readonly restarts?: number;
}

/** One call. */
export interface Call {
  readonly frame: Frame;
  readonly ctx: CallContext;
  /** What may be asked for meanwhile. */
  readonly serve: Serve | undefined;
}

/** The child, whichever it is now. */
export interface ProgramKeeper {
  /** Starts it when it does not run. */
  readonly ask: (call: Call) => Promise<unknown>;
  /** It is not let go until the answer is called, which tells it a last thing. */
  readonly pin: () => (note: Frame) => void;
}

/** In which starts after faults are counted, milliseconds. */
const within = 60_000;
/** A child that nothing was asked of for so long is let go, milliseconds: a daemon that reads its spec anew leaves the old one behind. */
const idle = 600_000;

/** Starts nothing yet. */
export function createProgramKeeper(options: ProgramOptions): ProgramKeeper {
  const { oneShot } = options.told.describe;
  const { restarts = 3 } = options;
  let child: Promise<Child> | undefined;
  let starting: Promise<Child> | undefined;
  let faults: readonly number[] = [];
  let leaving: NodeJS.Timeout | undefined;
  let users = 0;

  async function start(ctx: CallContext): Promise<Child> {
    const now = ctx.now();
    faults = faults.filter((at) => Math.abs(now - at) < within);
    if (faults.length > restarts) throw tooOften(options.name);
    return startSame(options, ctx);
  }
  async function running(ctx: CallContext): Promise<Child> {
    const old = await child?.catch(() => undefined);
    if (old !== undefined && old.isAlive() && oneShot !== true) return old;
    starting ??= beforehand(() => start(ctx)).finally(() => (starting = undefined));
    child = starting;
    return child;
  }
  function enter(): void {
    clearTimeout(leaving);
    users += 1;
  }
  function leave(): void {
    users -= 1;
    if (users === 0) leaving = setTimeout(() => withChild(child, (one) => one.kill()), idle).unref();
  }
  async function askChild(one: Child, { frame, ctx, serve }: Call): Promise<unknown> {
    try {
      const answer = one.ask(frame, ctx.signal, serve);
      if (oneShot) one.finish();
      return await answer;
    } catch (error) {
      if (one.hasFailed()) faults = [...faults, ctx.now()];
      throw error;
    }
  }
  return {
    async ask(call) {
      enter();
      try {
        return await askChild(await running(call.ctx), call);
      } finally {
        leave();
      }
    },
    pin() {
      enter();
      const holder = child;
      return (note) => {
        withChild(holder, (one) => one.tell(note));
        leave();
      };
    },
  };
}

/** One that could not be started holds nothing. */
function withChild(child: Promise<Child> | undefined, act: (one: Child) => void): void {
  void child?.then(act, () => undefined);
}

/** Starts what was approved, and holds what it says of itself against what it said then. */
async function startSame({ name, told, find, ask }: ProgramOptions, ctx: CallContext): Promise<Child> {
  const found = await find();
  if (!isDeepStrictEqual(found.told, told))
    throw invalid(`plugin ${name} was approved anew and describes itself otherwise`, "start rotate again");
  const started = startChild(found.launch(), { ...ctx, name });
  if (told.describe.oneShot === true) return started;
  try {
    if (isDeepStrictEqual(await ask(started, ctx.signal), told)) return started;
  } catch (error) {
    started.kill();
    throw error;
  }
  started.kill();
  throw invalid(
    `plugin ${name} describes itself otherwise than when it was approved`,
    `look at it, then: rotate plugin approve ${name}`,
  );
}

function tooOften(name: string): RotateError {
  return new RotateError(`plugin ${name} failed again and again: it is not started for up to a minute`, {
    code: "UNAVAILABLE",
    retryable: true,
    noEffect: true,
    hint: "see what it says in the log",
  });
}
