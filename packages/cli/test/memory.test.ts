import { expect, test } from "vitest";
import { createMemory } from "../src/memory.ts";

/** A process that has half of its memory left after a collection, which costs so many ms, and takes so many. */
function processOf(megabytes: number, costs = 10, takes = costs) {
  const has = { resident: megabytes, now: 0, spent: 0, collected: 0 };
  const memory = createMemory({
    monotonic: () => has.now,
    spent: () => has.spent,
    resident: () => has.resident,
    collect() {
      has.collected++;
      has.now += takes;
      has.spent += costs;
      has.resident /= 2;
    },
  });
  return { has, memory };
}

test("what a start has taken is given back at the first rest", () => {
  const { has, memory } = processOf(200);
  memory.giveBack();
  expect(has).toMatchObject({ collected: 1, resident: 100 });
});

test("a process that has taken nothing since collects nothing, however often it rests", () => {
  const { has, memory } = processOf(200);
  for (; has.now < 24 * 3_600_000; has.now += 30_000) memory.giveBack();
  expect(has.collected).toBe(1);
});

test("what was taken later is given back as well, and not at each of many rests", () => {
  const { has, memory } = processOf(200);
  memory.giveBack();
  has.resident = 300;
  for (has.now = 1_000; has.now < 30_000; has.now += 1_000) memory.giveBack();
  expect(has.collected).toBe(1);
  has.now = 31_000;
  memory.giveBack();
  expect(has.collected).toBe(2);
});

test("a process that takes as much again at once spends a thousandth of its time on that", () => {
  const { has, memory } = processOf(2_000, 400);
  for (; has.now < 24 * 3_600_000; has.now += 1_000) {
    has.resident = 2_000;
    memory.giveBack();
  }
  expect((has.collected * 400) / has.now).toBeLessThanOrEqual(1 / 1_000);
  expect(has.collected).toBeGreaterThan(200);
});

test("a collection that took ten times as long as it cost, because others were at work, puts off the next one by what it cost", () => {
  const { has, memory } = processOf(200, 40, 400);
  memory.giveBack();
  has.resident = 200;
  for (; has.now < 40_000; has.now += 1_000) memory.giveBack();
  expect(has.collected).toBe(1);
  has.now = 41_000;
  memory.giveBack();
  expect(has.collected).toBe(2);
});

test("this process can give back what it does not use", () => {
  let kept: unknown = Array.from({ length: 300_000 }, (_, index) => ({ index, text: `${index}` }));
  expect(kept).toHaveLength(300_000);
  const before = process.memoryUsage().heapUsed;
  kept = undefined;
  createMemory({ monotonic: () => 0 }).giveBack();
  expect(process.memoryUsage().heapUsed).toBeLessThan(before - 10 * 2 ** 20);
});
