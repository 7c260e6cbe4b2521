import { expect, test } from "vitest";
import { createScene } from "../engine/support.ts";
import { takenOver } from "./taken-over.ts";

test("what a stopped process may still write is never revoked, where nothing can rule the write out", async () => {
  expect(await takenOver(createScene(), "unknown")).toMatchObject({ phase: "live", pinned: true });
});

test("of a process that is known to be dead nothing lands any more", async () => {
  expect((await takenOver(createScene(), "dead"))?.pinned).toBeUndefined();
});

test("a sink that can fence such a write off needs no more", async () => {
  let fences = 0;
  const scene = createScene((rotation) => ({
    ...rotation,
    sinks: rotation.sinks.map((sink) => ({
      ...sink,
      part: { ...sink.part, fence: async () => void (fences += 1) },
    })),
  }));
  expect((await takenOver(scene, "unknown"))?.pinned).toBeUndefined();
  expect(fences).toBe(1);
});
