import { expect, test, vi } from "vitest";
import { createScene, untilDue } from "./support.ts";

test.each(["never", "adopted"] as const)(
  "a process that lives long keeps the values of leases that live and of no others, where revoke is %s",
  async (revoke) => {
    const scene = createScene((rotation) => ({ ...rotation, overlap: { ...rotation.overlap, revoke } }));
    await scene.ask(async (engine) => {
      const { memory } = engine.parts().deps;
      const keep = vi.spyOn(memory, "keep");
      for (let count = 0; count < 12; count += 1) {
        await engine.run({ timeout: 0 });
        await scene.clock.advance(untilDue);
      }
      const minted = keep.mock.calls.map(([lease]) => lease);
      expect(minted.length).toBeGreaterThanOrEqual(12);
      const kept = minted.filter((lease) => memory.get(lease) !== undefined);
      expect(kept).toContain(minted.at(-1));
      expect(kept.length).toBeLessThanOrEqual(3);
    });
  },
);
