import { expect, test } from "vitest";
import { runHistory } from "./history.ts";
import { optionsOf, past } from "./past.ts";

test.each(past.map((one) => [one.story, one] as const))("%s", async (_, one) => {
  const world = await runHistory(optionsOf(one));
  expect(world.quiet).toBe(true);
});
