/** A few seconds of `npm run proof:outside`: the same crowd, smaller. */
import { expect, test } from "vitest";
import { runOutside } from "../proof/outside/campaign.ts";

test("a crowd that follows, says nothing or means harm holds up no rotation, and leaves the daemon as it was", async () => {
  const { leastLeft, before, after, ...figures } = await runOutside({
    followers: 40,
    idle: 300,
    hostile: 20,
    warmSeconds: 3,
    seconds: 8,
    rotations: 20,
    life: 300,
  });
  expect(figures).toMatchObject({ failed: 0, silent: 0 });
  expect(figures.rotated).toBeGreaterThan(0);
  expect(figures.following).toBeGreaterThan(0);
  expect(figures.sentAway).toBeGreaterThan(0);
  expect(figures.events).toBeGreaterThan(0);
  expect(leastLeft).toBeGreaterThan(0.5);
  // What it grows by in an hour is for the campaign to say; here only what would be a leak in seconds.
  expect((after - before) / 1e6).toBeLessThan(100);
});
