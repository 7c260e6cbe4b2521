import fc from "fast-check";
import { expect, test } from "vitest";
import { instant } from "../../src/rotation/describe.ts";

const most = 8_640_000_000_000_000;

test("an instant is told as Date tells it", () => {
  const times = fc.oneof(
    fc.integer({ min: -most, max: most }),
    fc.integer({ min: 0, max: 4_102_444_800_000 }),
    fc.double({ min: -1e12, max: 4e12, noNaN: true }),
    fc.constantFrom(0, -1, 1, most, -most, 86_399_999, 86_400_000, -86_400_000, 253_402_300_800_000),
  );
  fc.assert(
    fc.property(times, (ms) => {
      expect(instant(ms)).toBe(new Date(ms).toISOString());
    }),
    { numRuns: 5_000 },
  );
});

test("what lies beyond all dates is told as the last, and what is no time at all is refused", () => {
  expect(instant(Infinity)).toBe(new Date(most).toISOString());
  expect(() => instant(NaN)).toThrow(RangeError);
});
