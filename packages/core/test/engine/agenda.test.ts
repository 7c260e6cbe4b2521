import fc from "fast-check";
import { expect, test } from "vitest";
import { createAgenda } from "../../src/engine/agenda.ts";

const size = 12;
const time = fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constant(Infinity));
const step = fc.oneof(
  fc.record({ set: fc.integer({ min: 0, max: size - 1 }), at: time }),
  fc.record({ take: fc.integer({ min: 0, max: 60 }) }),
  fc.constant({ pop: true }),
);

test("whatever is set, moved and taken, the earliest comes first and nothing is lost or told twice", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const agenda = createAgenda(size);
      const model = new Map<number, number>();
      function takeFromModel(index: number): number {
        const at = model.get(index) ?? Number.NaN;
        model.delete(index);
        return at;
      }
      function timesOf(one: (typeof steps)[number]): {
        readonly told: readonly number[];
        readonly known: readonly number[];
      } {
        const sorted = [...model.values()].toSorted((a, b) => a - b);
        if ("take" in one) {
          const known = sorted.filter((at) => at <= one.take);
          return { told: agenda.take(one.take).map(takeFromModel), known };
        }
        if ("pop" in one) {
          const index = agenda.pop();
          return { told: index === undefined ? [] : [takeFromModel(index)], known: sorted.slice(0, 1) };
        }
        agenda.set(one.set, one.at);
        model.delete(one.set);
        if (one.at !== Infinity) model.set(one.set, one.at);
        return { told: [], known: [] };
      }
      for (const one of steps) {
        const { told, known } = timesOf(one);
        expect(told).toEqual(known);
        expect(agenda.next()).toBe(Math.min(...model.values()));
      }
    }),
  );
});
