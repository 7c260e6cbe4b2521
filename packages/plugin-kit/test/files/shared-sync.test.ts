import { expect, test } from "vitest";
import { sharedSync } from "../../src/files/shared-sync.ts";

/** Syncs that end when they are told to. */
function controlled() {
  const begun: PromiseWithResolvers<void>[] = [];
  return {
    begun,
    sync: (): Promise<void> => {
      const one = Promise.withResolvers<void>();
      begun.push(one);
      return one.promise;
    },
  };
}

test("what is done in one turn, and what comes while a sync runs, each share one: the one that runs may have begun before the rename", async () => {
  const { begun, sync } = controlled();
  const ended: string[] = [];
  const of = (name: string) => sharedSync("1:1", sync).then(() => void ended.push(name));
  const first = [of("first"), of("second")];
  await expect.poll(() => begun.length).toBe(1);
  const others = [of("third"), of("fourth")];
  begun[0]!.resolve();
  await Promise.all(first);
  expect(ended).toEqual(["first", "second"]);
  await expect.poll(() => begun.length).toBe(2);
  begun[1]!.resolve();
  await Promise.all(others);
  expect([begun.length, ended]).toEqual([2, ["first", "second", "third", "fourth"]]);
});

test("another directory has a sync of its own, and so has who comes when all have ended", async () => {
  const { begun, sync } = controlled();
  const both = [sharedSync("1:1", sync), sharedSync("1:2", sync)];
  await expect.poll(() => begun.length).toBe(2);
  begun.forEach(({ resolve }) => resolve());
  await Promise.all(both);
  const again = sharedSync("1:1", sync);
  await expect.poll(() => begun.length).toBe(3);
  begun[2]!.resolve();
  await again;
});

test("a sync that fails is told to all who shared it, and to nobody after them", async () => {
  const { begun, sync } = controlled();
  const both = [sharedSync("1:1", sync), sharedSync("1:1", sync)];
  await expect.poll(() => begun.length).toBe(1);
  const later = sharedSync("1:1", sync);
  begun[0]!.reject(new Error("no space"));
  const ends = await Promise.allSettled(both);
  expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await expect.poll(() => begun.length).toBe(2);
  begun[1]!.resolve();
  await later;
});
