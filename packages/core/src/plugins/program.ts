/** Keeps one child of a program, held against `rotate.lock` before each start, and lets calls in one after another. */
import { isDeepStrictEqual } from "node:util";
import { beforehand, invalid, RotateError } from "@rotate/plugin-kit";
import { type CallContext, type Child, startChild } from "./child.ts";
import { checkDescription, type Description } from "./describe.ts";
import type { Frame } from "./frames.ts";
import type { Place } from "./place.ts";

/** A program that can be called. */
export interface Program {
  /** Starts it when it does not run. Throws what it said, or what became of it. */
  readonly call: (frame: Frame, ctx: CallContext) => Promise<unknown>;
}

/** What a program is, and how it is found again before each start. */
export interface ProgramOptions {
  readonly name: string;
  readonly description: Description;
  /** Throws when it is not what was approved. */
  readonly find: () => Promise<{ readonly place: Place; readonly description: Description }>;
}

/** So many starts after faults, in so many milliseconds. */
const maxRestarts = 3;
const within = 60_000;
/** A child that nothing was asked of for so long is let go, milliseconds: a daemon that reads its spec anew leaves the old one behind. */
const idle = 600_000;

/** Starts nothing yet. */
export function createProgram({ name, description, find }: ProgramOptions): Program {
  const { concurrent, oneShot } = description;
  let child: Promise<Child> | undefined;
  let faults: readonly number[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  let leaving: NodeJS.Timeout | undefined;
  let calls = 0;

  async function start(ctx: CallContext): Promise<Child> {
    const now = ctx.now();
    faults = faults.filter((at) => Math.abs(now - at) < within);
    if (faults.length > maxRestarts) throw tooOften(name);
    const found = await find();
    if (!isDeepStrictEqual(found.description, description))
      throw invalid(`plugin ${name} was approved anew and describes itself otherwise`, "start rotate again");
    const started = startChild(found.place.file, { ...ctx, name });
    if (oneShot !== true) await refuseOther(started, description, ctx);
    return started;
  }
  async function running(ctx: CallContext): Promise<Child> {
    const old = await child?.catch(() => undefined);
    if (old !== undefined && old.isAlive() && oneShot !== true) return old;
    child = beforehand(() => start(ctx));
    return child;
  }
  async function ask(frame: Frame, ctx: CallContext): Promise<unknown> {
    clearTimeout(leaving);
    calls += 1;
    try {
      return await askChild(await running(ctx), { frame, ctx });
    } finally {
      calls -= 1;
      if (calls === 0)
        leaving = setTimeout(
          () =>
            void child?.then(
              (one) => one.kill(),
              () => undefined,
            ),
          idle,
        ).unref();
    }
  }
  async function askChild(
    one: Child,
    { frame, ctx }: { readonly frame: Frame; readonly ctx: CallContext },
  ): Promise<unknown> {
    try {
      const answer = one.ask(frame, ctx.signal);
      if (oneShot) one.finish();
      return await answer;
    } catch (error) {
      if (!one.hasFailed()) throw error;
      faults = [...faults, ctx.now()];
      throw error;
    }
  }
  return {
    async call(frame, ctx) {
      if (concurrent) return ask(frame, ctx);
      const before = turn;
      const done = Promise.withResolvers<void>();
      turn = before.then(() => done.promise);
      try {
        await untilTurn(before, ctx.signal);
        return await ask(frame, ctx);
      } finally {
        done.resolve();
      }
    },
  };
}

/** What waits has not been asked for. */
async function untilTurn(before: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await beforehand(() => Promise.race([before, aborted.promise]));
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** A program that describes itself otherwise than when it was approved is not the one that was approved. */
async function refuseOther(child: Child, approved: Description, { signal }: CallContext): Promise<void> {
  const said = await described(child, signal);
  if (isDeepStrictEqual(said, approved)) return;
  child.kill();
  throw invalid("it describes itself otherwise than when it was approved", "look at it, then: rotate plugin approve");
}

/** Asks a program what it is. */
export async function described(child: Child, signal: AbortSignal): Promise<Description> {
  return checkDescription(await child.ask({ call: "describe", protocols: [1] }, signal));
}

function tooOften(name: string): RotateError {
  return new RotateError(`plugin ${name} failed again and again: it is not started for up to a minute`, {
    code: "UNAVAILABLE",
    retryable: true,
    noEffect: true,
    hint: "see what it says in the log",
  });
}
