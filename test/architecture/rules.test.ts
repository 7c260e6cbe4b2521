/** The proofs switch rules off, and put faults back, by the text of the sources: each has to be there, or they would prove nothing. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { oldFaults } from "../proof/old-faults.ts";
import { rules } from "../proof/rules.ts";
import { weekRules } from "../proof/week-rules.ts";
import { root } from "../support/workspace.ts";

const engine = globSync("packages/core/src/**/*.ts", { cwd: root }).map((path) =>
  readFileSync(join(root, path), "utf8"),
);

test.each([...rules, ...weekRules].map((rule) => [rule.name, rule] as const))(
  "the engine has the rule that is switched off: %s",
  (_, { edits }) => {
    const places = edits.map(({ from }) => ({ from, files: engine.filter((text) => text.includes(from)).length }));
    expect(places).toEqual(edits.map(({ from }) => ({ from, files: 1 })));
  },
);

test.each(oldFaults.map((fault) => [fault.name, fault] as const))(
  "there is what keeps this fault away, and the test that would see it: %s",
  (_, { edits, red }) => {
    const places = edits.map(({ file, from }) => readFileSync(join(root, file), "utf8").split(from).length - 1);
    expect(places).toEqual(edits.map(() => 1));
    expect(existsSync(join(root, red.file))).toBe(true);
  },
);
