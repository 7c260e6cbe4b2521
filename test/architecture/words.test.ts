import { expect, test } from "vitest";
import { allSources, undocumented } from "./syntax.ts";

test("whatever is exported says what it is", () => {
  expect(allSources().flatMap(undocumented)).toEqual([]);
});
