import { createFakeClock } from "@rotate/testkit";
import { expect, test } from "vitest";

test("wakes sleepers in the order of their times, and those that they start in turn", async () => {
  const clock = createFakeClock({ start: 1000 });
  const woken: string[] = [];
  async function sleeper(name: string, ...times: readonly number[]): Promise<void> {
    for (const time of times) {
      await clock.sleep(time);
      woken.push(`${name} at ${clock.now()}`);
    }
  }
  const all = [sleeper("b", 200, 100), sleeper("a", 100), sleeper("c", 200)];
  await clock.advance(299);
  expect(woken).toEqual(["a at 1100", "b at 1200", "c at 1200"]);
  await clock.advance(1);
  expect(woken.at(-1)).toBe("b at 1300");
  await Promise.all(all);
  expect([clock.now(), clock.monotonic(), clock.pending()]).toEqual([1300, 300, 0]);
});

test("a jump of the wall clock leaves the monotonic clock and the sleepers", async () => {
  const clock = createFakeClock({ start: new Date(5000) });
  let woken = false;
  const sleeping = clock.sleep(100).then(() => (woken = true));
  clock.jumpWall(-3000);
  clock.set(new Date(7000));
  await clock.advance(99);
  expect([clock.now(), clock.monotonic(), woken]).toEqual([7099, 99, false]);
  await clock.advance(1);
  await sleeping;
});

test("a deadline fires when its time has passed, and not when it was cleared", async () => {
  const clock = createFakeClock();
  const [fires, cleared] = [clock.deadline(100), clock.deadline(100)];
  cleared.clear();
  await clock.advance(100);
  expect(fires.signal.reason).toMatchObject({ code: "TIMEOUT" });
  expect(cleared.signal.aborted).toBe(false);
});

test("a sleep ends with its signal", async () => {
  const clock = createFakeClock();
  const controller = new AbortController();
  const sleeping = clock.sleep(100, controller.signal);
  controller.abort(new Error("enough"));
  await expect(sleeping).rejects.toThrow("enough");
  await expect(clock.sleep(1, controller.signal)).rejects.toThrow("enough");
  expect(clock.pending()).toBe(0);
});

test("advances by itself for code that polls", async () => {
  const clock = createFakeClock({ start: 0, autoAdvance: true });
  for (let tries = 0; tries < 10; tries += 1) await clock.sleep(60_000);
  expect(clock.now()).toBe(600_000);
  await expect(clock.sleep(1, AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
});

test("time does not go backwards", async () => {
  await expect(createFakeClock().advance(-1)).rejects.toThrow(RangeError);
});
