import { once } from "node:events";
import { expect, test, vi } from "vitest";
import { deadlineWith, sleepOrWake, systemClock } from "../src/clock.ts";

const clock = systemClock();

test("a deadline aborts with TIMEOUT, or with its parent's reason", async () => {
  const deadline = clock.deadline(5);
  await once(deadline.signal, "abort");
  expect(deadline.signal.reason).toMatchObject({
    code: "TIMEOUT",
    retryable: true,
    message: "not finished within 5ms",
  });
  const parent = new AbortController();
  const child = clock.deadline(60_000, parent.signal);
  parent.abort("shutdown");
  expect(child.signal.reason).toBe("shutdown");
  child.clear();
  const born = clock.deadline(60_000, parent.signal);
  expect(born.signal.aborted).toBe(true);
  born.clear();
});

test("a cleared deadline lets go of its timer and its parent", () => {
  const cancel = vi.fn<() => void>();
  const parent = new AbortController();
  const deadline = deadlineWith(() => cancel)(1000, parent.signal);
  deadline.clear();
  parent.abort();
  expect(deadline.signal.aborted).toBe(false);
  expect(cancel).toHaveBeenCalledOnce();
});

test("a sleep ends early with the signal's reason", async () => {
  const controller = new AbortController();
  const sleeping = clock.sleep(60_000, controller.signal);
  controller.abort(new Error("woken"));
  await expect(sleeping).rejects.toThrow("woken");
  await expect(clock.sleep(1, controller.signal)).rejects.toThrow("woken");
});

test("a sleep of more than 24.8 days does not overflow into no sleep", async () => {
  vi.useFakeTimers();
  try {
    let done = false;
    const days = 86_400_000;
    const sleeping = clock.sleep(60 * days).then(() => (done = true));
    await vi.advanceTimersByTimeAsync(59 * days);
    expect(done).toBe(false);
    await vi.advanceTimersByTimeAsync(days);
    await sleeping;
    expect(done).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});

test("a time limit that is no number is refused at once", () => {
  expect(() => clock.deadline(Number.NaN)).toThrow(RangeError);
});

test("the system clocks tell the time", () => {
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1000);
  expect(clock.monotonic()).toBeGreaterThan(0);
});

test("who is woken goes on, and a sleep that failed for any other reason is told", async () => {
  const controller = new AbortController();
  const sleeping = sleepOrWake(clock, 60_000, controller.signal);
  controller.abort();
  await expect(sleeping).resolves.toBeUndefined();
  const broken = { sleep: () => Promise.reject(new Error("no timers")) };
  await expect(sleepOrWake(broken, 1, new AbortController().signal)).rejects.toThrow("no timers");
  await expect(sleepOrWake(broken, 1)).rejects.toThrow("no timers");
});
