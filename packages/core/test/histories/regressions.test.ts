/** Histories that once ended in a broken promise. Each is a setting and the turns that lead there. */
import { expect, test } from "vitest";
import { scripted, type Turn } from "./choices.ts";
import { runHistory } from "./history.ts";
import type { Rich, Shape } from "./world.ts";

const base = { revoke: "handle", find: true, rollback: false, overlap: true, consumers: 1 } as const;

interface Past {
  readonly story: string;
  readonly shape: Partial<Shape> & { readonly sinks: Shape["sinks"]; readonly rich: Rich };
  readonly early?: number;
  readonly turns: readonly (readonly [label: string, nth: number, fault: string])[];
}

const past: readonly Past[] = [
  {
    story:
      "a sink that nobody could ever read, cut off in its first write, is not taken to hold what was to be written",
    shape: { sinks: ["file", "remote", "blind"], rich: { pauses: true, stateLost: true } },
    early: 38,
    turns: [
      ["after journal opened", 1, "state lost"],
      ["after journal committing", 3, "crash"],
    ],
  },
  {
    story: "a sink that left the spec while a restored state was in the middle of writing it still pins that lease",
    shape: {
      sinks: ["remote", "file"],
      rich: { pauses: true, twoProcesses: true, stateRollback: true, handEdits: true, specChange: true },
    },
    early: 38,
    turns: [
      ["before journal committed", 1, "state backed up or restored"],
      ["before journal committed", 2, "sink dropped"],
      ["after journal reload-begin", 1, "state backed up or restored"],
    ],
  },
  {
    story: "a record stamped before another process went on does not make the clock leap",
    shape: {
      sinks: ["blind", "file", "remote"],
      revoke: "value",
      find: false,
      rollback: true,
      renew: true,
      rich: { pauses: true, twoProcesses: true },
    },
    turns: [
      ["before journal opened", 3, "second process"],
      ["before journal opened", 4, "long pause"],
      ["after journal opened", 3, "long pause"],
      ["after journal committed", 2, "long pause"],
    ],
  },
  {
    story: "an undo whose answer was lost is fenced at once, not when somebody next looks at that sink",
    shape: {
      sinks: ["remote", "file"],
      revoke: "value",
      find: false,
      rollback: true,
      rich: { pauses: true, specChange: true },
    },
    early: 20,
    turns: [
      ["before journal published", 1, "sinks reordered"],
      ["before journal reload-begin", 1, "pause"],
      ["reload 0", 1, "fails"],
      ["before journal undone", 1, "sink dropped"],
      ["undo 0", 1, "late"],
      ["after journal opened", 4, "long pause"],
      ["before journal opened", 5, "a late write lands"],
    ],
  },
];

test.each(past.map((one) => [one.story, one] as const))("%s", async (_, { shape, early = 26, turns }) => {
  const script = turns.map(([label, nth, fault]): Turn => ({ label, nth, fault }));
  const world = await runHistory({ shape: { ...base, ...shape }, early, rounds: 5, choices: scripted(script) });
  expect(world.quiet).toBe(true);
});
