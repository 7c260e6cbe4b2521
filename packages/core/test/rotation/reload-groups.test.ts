import { describe, expect, test } from "vitest";
import type { Rotation } from "../../src/loading/model.ts";
import type { TurnAsked } from "../../src/permits/across.ts";
import { createReloadGroups, noOthers } from "../../src/rotation/reload-groups.ts";

function asking(consumer: string, name = "web", maxUnavailable = 1): TurnAsked {
  return {
    group: { name, maxUnavailable },
    consumer,
    rotation: { name: consumer } as Rotation,
    signal: new AbortController().signal,
    onWait: async () => {},
  };
}

describe("a reload group", () => {
  test("lets no more consumers be away at once than it says, and lets the next one go when one is back", async () => {
    const groups = createReloadGroups();
    const holds = [groups.hold(), groups.hold(), groups.hold()];
    const entered: number[] = [];
    const waits = holds.map(async (hold, index) => {
      await hold.enter(asking(`app${index}`, "web", 2));
      entered.push(index);
    });
    await Promise.all(waits.slice(0, 2));
    expect(entered).toEqual([0, 1]);
    await holds[0]!.leave("well");
    await waits[2];
    expect(entered).toEqual([0, 1, 2]);
  });

  test("is entered once by a rotation with two reloads of it", async () => {
    const groups = createReloadGroups();
    const hold = groups.hold();
    await hold.enter(asking("app"));
    await hold.enter(asking("app"));
    await hold.leave("well");
    await expect(groups.hold().enter(asking("other"))).resolves.toBeUndefined();
  });

  test("is left for another one, so that two rotations never wait for each other", async () => {
    const groups = createReloadGroups();
    const [one, two] = [groups.hold(), groups.hold()];
    await Promise.all([one.enter(asking("a", "left")), two.enter(asking("b", "right"))]);
    await Promise.all([one.enter(asking("a", "right")), two.enter(asking("b", "left"))]);
    await one.leave("well");
    await two.leave("well");
    await expect(groups.hold().enter(asking("c", "left"))).resolves.toBeUndefined();
  });

  test("counts a reload that several rotations share as one consumer, which is away until the last of them is done", async () => {
    const groups = createReloadGroups();
    const [one, two, other] = [groups.hold(), groups.hold(), groups.hold()];
    await one.enter(asking("restart-app"));
    await two.enter(asking("restart-app"));
    const order: string[] = [];
    const waiting = other.enter(asking("other")).then(() => order.push("other in"));
    await one.leave("well");
    order.push("one out");
    await two.leave("well");
    await waiting;
    expect(order).toEqual(["one out", "other in"]);
  });

  test("keeps its turn among machines while one of those who share it is not well", async () => {
    const ends: boolean[] = [];
    const keeping = { end: async (well: boolean) => void ends.push(well), abandon: () => {} };
    const groups = createReloadGroups({ ...noOthers, enter: async () => keeping });
    const [one, two] = [groups.hold(), groups.hold()];
    await one.enter(asking("restart-app"));
    await two.enter(asking("restart-app"));
    await one.leave("unwell");
    await two.leave("well");
    expect(ends).toEqual([false]);
  });

  test("lets the next one of this machine go on when its turn among machines was refused", async () => {
    const refusal = new Error("no");
    const groups = createReloadGroups({ ...noOthers, enter: () => Promise.reject(refusal) });
    const [one, two] = [groups.hold(), groups.hold()];
    await expect(one.enter(asking("one"))).rejects.toBe(refusal);
    await one.leave("unwell");
    await expect(two.enter(asking("two"))).rejects.toBe(refusal);
  });
});
