import { isRotateError, RotateError } from "@rotate/plugin-kit";
import { formatDuration } from "./durations.ts";
import type { Runtime } from "./types.ts";

/** The part of a Runtime that tells the time and waits. */
export type Clock = Pick<Runtime, "now" | "monotonic" | "sleep" | "deadline">;

/** Longer timers overflow in Node and fire at once. */
const longestTimer = 2 ** 31 - 1;

/** Calls `done` after `milliseconds`, however many; Infinity is never. Gives what cancels it. */
function startTimer(milliseconds: number, done: () => void): () => void {
  if (Number.isNaN(milliseconds)) throw new RangeError("a timer needs a number of milliseconds");
  let timer: NodeJS.Timeout | undefined;
  function arm(left: number): void {
    const step = Math.min(left, longestTimer);
    timer = setTimeout(() => (left > step ? arm(left - step) : done()), step);
  }
  arm(Math.max(0, milliseconds));
  return () => clearTimeout(timer);
}

/** The reason a deadline's signal aborts with: TIMEOUT, retryable. */
export function timeLimitError(milliseconds: number): RotateError {
  return new RotateError(`not finished within ${formatDuration(milliseconds)}`, { code: "TIMEOUT", retryable: true });
}

/** Words for a wait that ended too early. */
export interface EndedWait {
  /** `no answer from X`. */
  readonly missing: string;
  /** `stopped waiting for X`: nobody is to blame. */
  readonly stopped: string;
  readonly hint: string;
}

/** The TIMEOUT of a wait that its own limit ended, or else `signal`: the caller's limit, or a shutdown. */
export function waitError({ missing, stopped, hint }: EndedWait, limit: number, signal: AbortSignal): RotateError {
  const reason: unknown = signal.reason;
  if (signal.aborted && !isRotateError(reason)) return new RotateError(stopped, { code: "TIMEOUT", retryable: true });
  const message = isRotateError(reason)
    ? `${missing}: ${reason.message}`
    : `${missing} within ${formatDuration(limit)}`;
  return new RotateError(message, { code: "TIMEOUT", retryable: true, hint });
}

/** What starts a timer and gives what cancels it. */
export type StartTimer = (milliseconds: number, done: () => void) => () => void;

/** Builds `Runtime.sleep` on any way to start a timer. */
export function sleepWith(start: StartTimer): Runtime["sleep"] {
  return (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      function onAbort(): void {
        cancel();
        reject(signal?.reason);
      }
      if (signal?.aborted) return reject(signal.reason);
      const cancel = start(milliseconds, () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      });
      signal?.addEventListener("abort", onAbort, { once: true });
    });
}

/** Sleeps for so many ms, or until the signal wakes it, which is no error. Any other failure is thrown: a loop that waits would spin on it. */
export async function sleepOrWake(
  { sleep }: Pick<Runtime, "sleep">,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await sleep(milliseconds, signal);
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}

/**
 * Builds `Runtime.deadline` on any way to start a timer, so that a fake clock has the same rules: the parent's abort is passed on with its reason,
 * the time limit aborts with a RotateError TIMEOUT, `clear` takes both back.
 */
export function deadlineWith(start: StartTimer): Runtime["deadline"] {
  return (milliseconds, parent) => {
    const controller = new AbortController();
    const onParent = (): void => controller.abort(parent?.reason);
    if (parent?.aborted) onParent();
    else parent?.addEventListener("abort", onParent, { once: true });
    const cancel = start(milliseconds, () => controller.abort(timeLimitError(milliseconds)));
    return {
      signal: controller.signal,
      clear: () => {
        cancel();
        parent?.removeEventListener("abort", onParent);
      },
    };
  };
}

/** ms, from some instant on. Not by `performance`: the first look at it loads ten modules of Node. */
export function monotonic(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}

/** The machine's own clocks. */
export function systemClock(): Clock {
  return {
    now: Date.now,
    monotonic,
    sleep: sleepWith(startTimer),
    deadline: deadlineWith(startTimer),
  };
}
