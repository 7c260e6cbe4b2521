import { describe, expect, test } from "vitest";
import { createReloadGate } from "../../src/rotation/reload-gate.ts";

const now = { settle: 0 };

const refuse = (): Promise<void> => Promise.reject(new Error("no"));

function recorder() {
  const runs: string[][] = [];
  return { runs, run: async (rotations: readonly string[]) => void runs.push([...rotations]) };
}

describe("a reload that several rotations share", () => {
  test("runs once, after the last of them came, and tells of all", async () => {
    const gate = createReloadGate();
    const { runs, run } = recorder();
    for (const name of ["a", "b", "c"]) gate.expect(name, ["app"]);
    const first = gate.arrive("app", "a", { ...now, run });
    const second = gate.arrive("app", "b", { ...now, run });
    expect(runs).toEqual([]);
    await Promise.all([first, second, gate.arrive("app", "c", { ...now, run })]);
    expect(runs).toEqual([["a", "b", "c"]]);
  });

  test("does not wait for a rotation that failed before it", async () => {
    const gate = createReloadGate();
    const { runs, run } = recorder();
    gate.expect("a", ["app"]);
    gate.expect("b", ["app"]);
    const arrived = gate.arrive("app", "a", { ...now, run });
    gate.leave("b");
    await arrived;
    expect(runs).toEqual([["a"]]);
  });

  test("fails for all who came when it fails", async () => {
    const gate = createReloadGate();
    gate.expect("a", ["app"]);
    gate.expect("b", ["app"]);
    const results = await Promise.allSettled([
      gate.arrive("app", "a", { ...now, run: refuse }),
      gate.arrive("app", "b", { ...now, run: refuse }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });

  test("waits its settle time for rotations that turn up meanwhile", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const slept: number[] = [];
    const gate = createReloadGate({
      sleep: (milliseconds) => {
        slept.push(milliseconds);
        return slept.length === 1 ? promise : Promise.resolve();
      },
    });
    const { runs, run } = recorder();
    gate.expect("a", ["app"]);
    const first = gate.arrive("app", "a", { settle: 5_000, run });
    gate.expect("b", ["app"]);
    resolve();
    await Promise.resolve();
    const second = gate.arrive("app", "b", { settle: 5_000, run });
    await Promise.all([first, second]);
    expect(runs).toEqual([["a", "b"]]);
    expect(slept[0]).toBe(5_000);
  });

  test("runs again for a rotation that comes later", async () => {
    const gate = createReloadGate();
    const { runs, run } = recorder();
    await gate.arrive("app", "a", { ...now, run });
    await gate.arrive("app", "b", { ...now, run });
    expect(runs).toEqual([["a"], ["b"]]);
  });
});
