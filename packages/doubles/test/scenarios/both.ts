import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippedWithout } from "@rotate/doubles";
import { play, type Answer, type Scenario } from "./scenario.ts";

/** A double and the server that it stands for. */
export interface Pair<Subject, World extends { readonly close: () => Promise<unknown> }> {
  /** Of the server. */
  readonly name: string;
  /** What is lacking here to start the server; undefined: nothing. */
  readonly missing: string | undefined;
  readonly double: () => Promise<World>;
  readonly real: () => Promise<World>;
  readonly subject: (world: World, record: (answer: Answer) => void) => Subject;
  readonly scenarios: readonly Scenario<Subject>[];
}

/** Plays each scenario with the double, and with the server where there is one: the answers must be the same. */
export function describeBoth<Subject, World extends { readonly close: () => Promise<unknown> }>(
  pair: Pair<Subject, World>,
): void {
  const { name, missing, scenarios, subject } = pair;
  const byDouble = new Map<Scenario<Subject>, Promise<readonly Answer[]>>();
  const why = skippedWithout(missing === undefined ? "" : undefined, missing ?? "");

  describe(`asked the same as ${name}`, () => {
    let double: World;
    beforeAll(async () => {
      double = await pair.double();
    });
    afterAll(() => double.close());
    /** Once: what is spent there is spent. */
    function answersOfDouble(scenario: Scenario<Subject>): Promise<readonly Answer[]> {
      const known = byDouble.get(scenario) ?? play(scenario, (record) => subject(double, record));
      byDouble.set(scenario, known);
      return known;
    }

    describe("the double keeps to the list", () => {
      test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))("%s", async (_name, scenario) => {
        expect(await answersOfDouble(scenario)).not.toEqual([]);
      });
    });
    describe.skipIf(missing !== undefined)(`the server answers what the double does${why}`, () => {
      let real: World;
      beforeAll(async () => {
        real = await pair.real();
      });
      afterAll(() => real.close());
      test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))("%s", async (_name, scenario) => {
        const answers = await play(scenario, (record) => subject(real, record));
        expect(await answersOfDouble(scenario)).toEqual(answers);
      });
    });
  });
}
