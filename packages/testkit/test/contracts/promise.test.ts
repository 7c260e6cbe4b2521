import { type Rule, runRule, type Harness, type Stage } from "@rotate/testkit";
import { expect, test } from "vitest";

const harness: Harness<Stage> = { start: () => ({ options: {} }), refuse: () => undefined };
const rule: Rule<Harness<Stage>, Stage> = {
  id: "part-word",
  name: "keeps its word",
  why: "Somebody relies on it.",
  check: () => {
    throw new TypeError("it did not");
  },
};

test("a failure says which promise was broken and where it is written down, and is of the kind that was thrown", async () => {
  await expect(runRule(rule, harness)).rejects.toThrow(TypeError);
  await expect(runRule(rule, harness)).rejects.toThrow(
    "broken promise: keeps its word (docs/reference/contract.md#part-word)\nit did not",
  );
});
