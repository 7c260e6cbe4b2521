import { type Rule, runRule, type Harness, type Stage } from "@rotate/testkit";
import { expect, test } from "vitest";

const harness: Harness<Stage> = { start: () => ({ options: {} }), refuse: () => undefined };
const rule: Rule<Harness<Stage>, Stage> = {
  name: "keeps its word",
  check: () => {
    throw new TypeError("it did not");
  },
};

test("a failure says which promise was broken, and is of the kind that was thrown", async () => {
  await expect(runRule(rule, harness)).rejects.toThrow(TypeError);
  await expect(runRule(rule, harness)).rejects.toThrow("broken promise: keeps its word\nit did not");
});
