/** What a machine has left of rotations that another one has now, in the sentence that `status` begins with. */
import { expect, test } from "vitest";
import { worstSentence, type Standing } from "../../src/output/headline.ts";

const left: Standing = { name: "db", state: "orphaned", code: "left", exit: 1 };
const gone: Standing = { name: "mq", state: "orphaned", code: "orphaned", exit: 1 };

test.each([
  [[left], "another machine rotates db now, and this one has left a credential of it"],
  [[gone], "mq is not in the spec any more"],
  [[gone, { ...gone, name: "app" }], "2 rotations are not in the spec any more"],
  [[gone, left], "2 rotations are not rotated here any more"],
] as const)("what another machine has now is not called gone from the spec", (rotations, text) => {
  expect(worstSentence(rotations, 0)?.text).toBe(text);
});
