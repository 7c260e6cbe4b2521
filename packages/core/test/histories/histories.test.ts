import { describe, expect, test } from "vitest";
import { exhaustive, random } from "./choices.ts";
import { runHistory } from "./history.ts";
import { shapes, richShapes } from "./shapes.ts";

describe("every history of the real engine with one fault", () => {
  test.each(shapes.map((shape) => [JSON.stringify(shape), shape] as const))(
    "keeps every promise: %s",
    async (_, shape) => {
      for (const early of [26, 41]) {
        const choices = exhaustive(1);
        do {
          choices.start();
          await runHistory(shape, choices, { early });
        } while (choices.next());
      }
    },
  );
});

describe("random histories of the real engine", () => {
  test("keep every promise under faults of every kind", async () => {
    for (let seed = 1; seed <= 400; seed++) {
      const shape = richShapes[seed % richShapes.length]!;
      await runHistory(shape, random(seed, { share: 0.06 + (seed % 7) / 70, faults: 8 }), {
        early: [20, 26, 38, 41][seed % 4]!,
        rounds: 5,
      }).catch((error: unknown) => {
        throw new Error(
          `seed ${seed}: ${(error as Error).message}\n${((error as { story?: string[] }).story ?? []).slice(0, 120).join("\n")}`,
        );
      });
    }
    expect(true).toBe(true);
  });
});
