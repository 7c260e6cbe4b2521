import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDuration, parseDuration, parsePercentage } from "../src/durations.ts";

test.each([
  ["90s", 90_000],
  ["50m", 3_000_000],
  ["1h30m", 5_400_000],
  ["2d", 172_800_000],
  ["500ms", 500],
  ["1m500ms", 60_500],
  ["0s", 0],
])("%s is a duration", (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each(["", "10", "1.5h", "-1s", "1 h", "30m1h", "1h1h", "1H", "1w", "s", "1e3s", "٣s", "9999999999s"])(
  "%j is none",
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test("any number of milliseconds is written so that it is read again", () => {
  fc.assert(
    fc.property(fc.nat({ max: 3_000_000_000_000 }), (milliseconds) => {
      expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds);
    }),
  );
});

test("no text makes a duration that is not a number of milliseconds from zero up", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[\d.dhms -]{0,12}$/), (text) => {
      const milliseconds = parseDuration(text);
      expect(milliseconds === undefined || (Number.isSafeInteger(milliseconds) && milliseconds >= 0)).toBe(true);
    }),
  );
});

test("percentages are shares up to the whole", () => {
  expect(parsePercentage("66%")).toBeCloseTo(0.66);
  expect(parsePercentage("7.5%")).toBeCloseTo(0.075);
  expect(parsePercentage("100%")).toBe(1);
  for (const text of ["101%", "66", "0.66", "-1%", "%", "1e1%"]) expect(parsePercentage(text)).toBeUndefined();
});
