import { expect, test } from "vitest";
import { createClaims, type Ground } from "../../src/local/claims.ts";

/** Two rotations that share a reload, and are due; the state of the second cannot be read. */
function groundOf(held: Set<string>): Ground {
  const bundle = ["db", "mq"];
  return {
    locks: { own: () => ({ owner: "me", valid: () => true, place: "me" }), isAlive: () => true },
    ledger: {
      async open(rotation) {
        if (rotation === "mq") throw new Error("the disk is gone");
        if (held.has(rotation)) return undefined;
        held.add(rotation);
        return {} as never;
      },
      giveBack: async (rotation) => void held.delete(rotation),
      owners: async () => new Map(),
      epoch: async () => 1,
      append: async (_rotation, { state }) => state,
      dueTimes: async () => bundle.map((rotation) => ({ rotation, at: 0 })),
    },
    clock: { now: () => 1, observe: () => undefined, note: () => ({}) } as unknown as Ground["clock"],
    runtime: { monotonic: () => 0, sleep: async () => undefined },
    bundles: () => new Map(bundle.map((rotation) => [rotation, bundle])),
  };
}

test("a state that cannot be read leaves no rotation claimed, neither itself nor what is claimed with it", async () => {
  const held = new Set<string>();
  const claims = createClaims(groundOf(held));
  await expect(claims.due(10, new AbortController().signal)).rejects.toThrow("the disk is gone");
  expect([...held]).toEqual([]);
  await expect(claims.byName("mq")).rejects.toThrow("the disk is gone");
  expect([...held]).toEqual([]);
});
