/** A plugin that can be called: its child, and calls that come one after another where it wants that. */
import { beforehand } from "@rotate/plugin-kit";
import type { Serve } from "./asks.ts";
import type { CallContext } from "./child.ts";
import type { Frame } from "./frames.ts";
import { createProgramKeeper, type ProgramKeeper, type ProgramOptions } from "./keeper.ts";

/** A plugin that can be called. */
export interface Program extends Pick<ProgramKeeper, "pin"> {
  /** Starts it when it does not run. Throws what it said, or what became of it. @param serve what it may ask for meanwhile */
  readonly call: (frame: Frame, ctx: CallContext, serve?: Serve) => Promise<unknown>;
  /** What its sinks prepare is kept in its process. */
  readonly keeps: boolean;
}

/** Starts nothing yet. */
export function createProgram(options: ProgramOptions): Program {
  const { describe, package: packaged } = options.told;
  const { ask, pin } = createProgramKeeper(options);
  let turn: Promise<unknown> = Promise.resolve();
  return {
    keeps: packaged !== undefined,
    pin,
    async call(frame, ctx, serve) {
      if (describe.concurrent) return ask({ frame, ctx, serve });
      const before = turn;
      const done = Promise.withResolvers<void>();
      turn = before.then(() => done.promise);
      try {
        await untilTurn(before, ctx.signal);
        return await ask({ frame, ctx, serve });
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
