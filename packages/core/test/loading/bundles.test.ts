import { expect, test } from "vitest";
import { bundlesOf } from "../../src/loading/bundles.ts";

function bundles(reloads: Readonly<Record<string, readonly (string | undefined)[]>>) {
  const rotations = Object.entries(reloads).map(([name, names]) => ({
    name,
    reloads: names.map((one) => ({ name: one })),
  }));
  return bundlesOf(rotations);
}

test("rotations that share a reload, directly or by way of others, are claimed together, in the order of the spec", () => {
  const found = bundles({ a: ["one"], b: ["two"], c: ["three"], d: ["two", "one"], e: [undefined], f: [undefined] });
  expect(Object.fromEntries(found)).toEqual({
    a: ["a", "b", "d"],
    b: ["a", "b", "d"],
    c: ["c"],
    d: ["a", "b", "d"],
    e: ["e"],
    f: ["f"],
  });
});

test("whichever way they hang together, it is one list, and not one for each of them", () => {
  const chain = Object.fromEntries(
    Array.from({ length: 2_000 }, (_, index) => [`r${index}`, [`l${index}`, `l${index + 1}`]]),
  );
  const found = bundles(chain);
  expect(new Set(found.values()).size).toBe(1);
  expect(found.get("r0")).toHaveLength(2_000);
});
