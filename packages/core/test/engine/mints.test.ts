import { expect, test } from "vitest";
import { isAbove } from "../../src/engine/mints.ts";
import { lookAfterRun } from "../../src/lookout/after-run.ts";
import { createReceiver } from "../notify/support.ts";
import { createScene, failAt, failing, hour, minute } from "./support.ts";

test("what a provider gave in a day stands beside what it should", async () => {
  const scene = createScene();
  await scene.run();
  for (let past = 0; past < 30 * hour; past += 40 * minute) {
    await scene.clock.advance(40 * minute);
    await scene.run();
  }
  const { mints } = await scene.ask((engine) => engine.plan());
  expect(mints).toEqual([{ provider: "issuer", rotations: 1, expected: expect.closeTo(36, 0), actual: 37 }]);
});

test("a credential that is made again and again because it is not fit for use is told, once", async () => {
  const scene = createScene((rotation) => ({ ...rotation, budget: { perMinute: 100, perHour: 1_000 } }));
  const receiver = createReceiver("receiver", { on: ["mints-above-expected", "recovered"] });
  scene.notify = [receiver.entry];
  await scene.run();
  failAt(scene, { "prepare a": failing("UNAVAILABLE"), prepare: failing("UNAVAILABLE") });
  for (let nth = 0; nth < 90; nth++) {
    await scene.run({ force: true });
    await scene.clock.advance(minute);
  }
  await scene.ask((engine) => lookAfterRun(engine));
  await scene.ask((engine) => lookAfterRun(engine));
  expect(receiver.alarms).toMatchObject([
    {
      step: "mints-above-expected",
      cause: { provider: "issuer" },
      rotations: [],
      text: expect.stringContaining("about 36"),
    },
  ]);
});

function of(expected: number, actual: number): boolean {
  return isAbove({ provider: "p", rotations: 1, expected, actual });
}

test("few mints are no news, however few are expected", () => {
  expect([of(0, 3), of(1, 4), of(36, 72)]).toEqual([false, false, false]);
  expect([of(0, 4), of(1, 5), of(36, 73)]).toEqual([true, true, true]);
  expect(isAbove({ provider: "p", rotations: 1, actual: 1_000 })).toBe(false);
});
